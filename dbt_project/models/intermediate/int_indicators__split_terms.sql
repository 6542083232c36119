-- The terms that every indicator is computed from: `a + b - c` is one row per term, with its sign.
with sides as (

    select
        indicator_id,
        'numerator' as side,
        numerator as terms_text
    from {{ ref('indicators') }}
    where numerator is not null
    union all
    select
        indicator_id,
        'denominator' as side,
        denominator as terms_text
    from {{ ref('indicators') }}
    where denominator is not null

),

words as (

    {{ words_of('sides', 'terms_text') }}

)

select
    terms.indicator_id,
    terms.side,
    cast(row_number() over (partition by terms.indicator_id, terms.side order by terms.place) as integer) as term_order,
    terms.word as term_id,
    cast(case when signs.word = '-' then -1 else 1 end as integer) as sign,
    count(*) over (partition by terms.indicator_id, terms.side) as terms_count
from words as terms
left join words as signs
    on
        terms.indicator_id = signs.indicator_id
        and terms.side = signs.side
        and terms.place - 1 = signs.place
where terms.word not in ('+', '-')
