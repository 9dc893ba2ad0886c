#!/bin/sh
# Run the long tests of one topic and keep what they said in docs/reports/test-deep-TOPIC.txt.
# Usage: test_deep.sh TOPIC KNOWN_TOPIC...
set -eu

topic=$1
shift
known=" $* "
case "$known" in
    *" $topic "*) ;;
    *)
        echo "Deep tests need one topic of:$known(make test-deep nights); got '$topic'." >&2
        exit 2
        ;;
esac

venv=.venv
[ "$topic" != spark ] || venv=.venv-spark
# Whole files side by side, or the two stretches of days; the other topics are one long test, watch the
# clock, or start servers.
side_by_side=
case "$topic" in
    truths | nights) side_by_side="-n 2 --dist loadfile" ;;
    past) side_by_side="-n 2" ;;
esac
report=docs/reports/test-deep-$topic.txt
mkdir -p build docs/reports
output=build/test-deep-$topic.txt
exit_code_file=build/test-deep-$topic.exit
{
    code=0
    "$venv/bin/python" -m pytest -m "deep(topic='$topic')" $side_by_side -vv --color=no --durations=20 -p no:cacheprovider || code=$?
    echo "$code" >"$exit_code_file"
} 2>&1 | tee "$output"
code=$(cat "$exit_code_file")

if [ "$code" -gt 1 ]; then
    echo "No report was written: pytest ended with $code (5 means that no test has this topic)." >&2
    exit "$code"
fi
# A report says what ran, not where.
{
    echo "make test-deep $topic"
    echo
    sed -e "s|$PWD|.|g" -e "s|${TMPDIR:-/tmp}|<tmp>|g" -e "s|$HOME|~|g" "$output"
} >"$report"
echo "Report: $report"
exit "$code"
