-- Whoever is not evidently an organisation has the same text for a name, whatever that text is.
with named as (

    select
        min(dataset_id) || ': recipients that are no organisation have ' || cast(count(distinct recipient) as string)
        || ' different names, expected one text for all -> mask them where the register is read' as problem
    from {{ ref('stg_raw__subsidies') }}
    where recipient_kind <> 'organisation'
    having count(distinct recipient) > 1

)

{{ first_problem('named') }}
