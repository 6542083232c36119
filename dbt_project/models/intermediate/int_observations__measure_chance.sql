-- The 95 per cent interval of a rate or share of counted cases, as chance alone would move it: Byar's for a rate,
-- Wilson's for a share. Not for estimates of a divided municipality, whose error is of another kind.
with sides as (

    select
        indicator_id,
        region_code,
        period_code,
        boundary_year,
        decimals,
        interval_kind,
        factor,
        numerator as cases,
        denominator as base,
        -- Both bounds of a share have this divisor.
        2 * (denominator + {{ z_95() }} * {{ z_95() }}) as wilson_divisor
    from {{ ref('int_observations__pair_sides') }}
    where
        interval_kind in ('byar', 'wilson')
        and boundary_method in ('published', 'merged')
        and numerator >= 0
        and denominator > 0

),

bounds as (

    select
        indicator_id,
        region_code,
        period_code,
        boundary_year,
        decimals,
        interval_kind,
        case
            when cases = 0 then 0
            when interval_kind = 'byar'
                then factor * cases * power(1 - 1 / (9 * cases) - {{ z_95() }} / (3 * sqrt(cases)), 3) / base
            else
                factor * (2 * cases + {{ z_95() }} * {{ z_95() }} - {{ wilson_spread('cases', 'base') }})
                / wilson_divisor
        end as lower_bound,
        case
            when interval_kind = 'byar'
                then
                    factor * (cases + 1)
                    * power(1 - 1 / (9 * (cases + 1)) + {{ z_95() }} / (3 * sqrt(cases + 1)), 3) / base
            when cases >= base then factor
            else
                factor * (2 * cases + {{ z_95() }} * {{ z_95() }} + {{ wilson_spread('cases', 'base') }})
                / wilson_divisor
        end as upper_bound
    from sides
    where interval_kind = 'byar' or cases <= base

)

select
    indicator_id,
    region_code,
    period_code,
    boundary_year,
    {{ round_to('greatest(lower_bound, 0)', 'decimals') }} as lower,
    {{ round_to('upper_bound', 'decimals') }} as upper,
    interval_kind
from bounds
