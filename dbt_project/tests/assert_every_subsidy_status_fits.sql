-- Zero granted is a status of its own, so that it is read neither as a grant nor as a refusal. There is no status only
-- where there is no amount to tell it by.
with wrong as (

    select
        dataset_id || ': row ' || cast(row_number as string) || ' has status ''' || coalesce(status, '')
        || ''' with ' || coalesce(cast(amount_granted_eur as string), 'no amount') || ' granted and '
        || coalesce(cast(amount_settled_eur as string), 'no amount')
        || ' settled, expected a known status, and zero_granted exactly for 0 granted and nothing settled'
        || ' -> correct the reading of the register' as problem
    from {{ ref('stg_raw__subsidies') }}
    where
        status not in ('requested', 'granted', 'zero_granted', 'settled', 'refused', 'withdrawn', 'reclaimed')
        or (status is null and coalesce(amount_requested_eur, amount_granted_eur, amount_settled_eur) is not null)
        or (status = 'zero_granted' and not (coalesce(amount_granted_eur, -1) = 0 and amount_settled_eur is null))
        or (status = 'granted' and amount_granted_eur = 0 and amount_settled_eur is null)

)

{{ first_problem('wrong') }}
