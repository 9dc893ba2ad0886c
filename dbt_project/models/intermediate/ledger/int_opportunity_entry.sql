-- Grain: one row per opportunity and ledger entry up to the end of D, before credit is split
{{ ledger_entries(ref('int_opportunity_state')) }}
