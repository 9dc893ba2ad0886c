"""The same models on Apache Spark, for companies that outgrow one machine (docs/spark.md)."""
