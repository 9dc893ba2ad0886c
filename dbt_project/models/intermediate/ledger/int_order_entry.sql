-- Grain: one row per order line and ledger entry up to the end of D, before credit is split
{{ ledger_entries(ref('int_order_state')) }}
