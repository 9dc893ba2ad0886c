-- Grain: one row per lead and step of the lead SOP in force
-- depends_on: {{ source('rules', 'lead_sop') }}, {{ source('rules', 'lead_sop_settings') }}
-- A record fulfils one step, only a welcome may be the call as well; a step follows the earlier
-- ones that everybody owes and that the same kinds fulfil. A condition asks for its step from the
-- moment on which it is met; the limit still runs from the customer's arrival.
{% set steps = sop_steps() %}
with

leads as (
    select * from {{ ref('fct_lead') }}
),

moments as (
    select * from {{ ref('int_lead_moment') }}
),

running as (
    select lead_id, clock_minutes, working_minutes from moments where kind = 'end_of_day'
),

{% for step in steps -%}
step_{{ loop.index }} as (
    {%- set number = loop.index %}
    select
        leads.lead_id,
        min(moments.moment_at) as done_at,
        min(moments.clock_minutes) as clock_minutes,
        min(moments.working_minutes) as working_minutes,
        max(
            case when {{ 'afters.done_at is not null' if step.after else 'true' }} then 1 else 0 end
        ) as asked
    from leads
    {%- set used = [] %}
    {%- for earlier in steps %}
    {%- if loop.index > 1 and loop.index < number and earlier.step != step.after %}
    {%- for kind in earlier.kinds if kind in step.kinds %}
    {%- if loop.first %}
    {%- do used.append({
        'number': steps.index(earlier) + 1, 'test': '<>' if earlier.after else '>'
    }) %}
    {%- endif %}
    {%- endfor %}
    {%- endif %}
    {%- if step.after and earlier.step == step.after %}
    left join step_{{ loop.index }} as afters on leads.lead_id = afters.lead_id
    {%- endif %}
    {%- endfor %}
    {%- for each in used %}
    left join step_{{ each.number }} as earlier_{{ each.number }}
        on leads.lead_id = earlier_{{ each.number }}.lead_id
    {%- endfor %}
    left join moments
        on
            leads.lead_id = moments.lead_id
            and moments.kind in (
                {%- for kind in step.kinds %}
                {{ text_literal(kind) }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
            {%- if number > 1 %}
            and not moments.is_automatic
            {%- endif %}
            {%- if step.after %}
            and moments.moment_at > afters.done_at
            {%- endif %}
            {%- for each in used %}
            and (
                earlier_{{ each.number }}.done_at is null
                or moments.moment_at {{ each.test }} earlier_{{ each.number }}.done_at
            )
            {%- endfor %}
    group by leads.lead_id
),

{% endfor -%}
every_step as (
    {% for step in steps -%}
    select
        lead_id, {{ loop.index }} as step_no,
        {{ text_literal(step.step) }} as step, {{ text_literal(step.clock) }} as clock,
        cast({{ step.within_hours }} as double) * 60 as limit_minutes, asked = 1 as is_asked,
        done_at, clock_minutes, working_minutes
    from step_{{ loop.index }}
    union all
    {% endfor -%}
    select
        lead_id, 0 as step_no, null as step, null as clock,
        null as limit_minutes, false as is_asked,
        null as done_at, null as clock_minutes, null as working_minutes
    from leads
    where false
),

-- Each step by its own clock: how long it took, and how long it could have taken by now.
measured as (
    select
        every_step.*,
        leads.is_valid,
        case
            when every_step.clock = 'working' then every_step.working_minutes
            else every_step.clock_minutes
        end as done_minutes,
        case
            when every_step.clock = 'working' then running.working_minutes
            else running.clock_minutes
        end as running_minutes
    from every_step
    inner join leads on every_step.lead_id = leads.lead_id
    inner join running on every_step.lead_id = running.lead_id
),

final as (
    select
        measured.lead_id,
        measured.step_no,
        measured.step,
        measured.clock,
        measured.limit_minutes,
        measured.done_at,
        measured.done_minutes,
        case
            when not measured.is_valid or not measured.is_asked then 'not_asked'
            when measured.done_minutes <= measured.limit_minutes then 'kept'
            when measured.done_at is not null then 'late'
            when measured.running_minutes <= measured.limit_minutes then 'running'
            else 'missed'
        end as status
    from measured
)

select * from final
