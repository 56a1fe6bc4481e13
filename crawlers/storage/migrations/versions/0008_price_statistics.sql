-- Statistics of price_snapshots. A series is that of a product (variant_id is null) or of a variant.
-- The functions are of one statement and stable, so PostgreSQL puts them in the place of the call:
-- a condition on the product reaches the index. A day is one of UTC.

-- Each spell of a series out of stock. What says nothing of the availability changes nothing, so a
-- spell lasts until another availability is seen. `gone` ends one and is none itself: what the shop
-- no longer offers is not about to come back, and counting it would let a spell grow for ever. Out of
-- stock again after `gone` is a new spell. While one lasts, nobody knows for how long: known_until is
-- then the last snapshot that says so, to within a day of the last sighting.
create view product_stock_spells as
select platform, product_id, variant_id, at as began_at, ended_at,
       coalesce(ended_at, last_at) as known_until
from (
    select platform, product_id, variant_id, at, last_at, is_out,
           lead(at) over (partition by platform, product_id, variant_id order by at) as ended_at
    from (
        select platform, product_id, variant_id, at,
               availability = 'out_of_stock' as is_out,
               lag(availability = 'out_of_stock') over (series order by at) as was_out,
               max(at) over series as last_at
        from price_snapshots
        where availability <> 'unknown'
        window series as (partition by platform, product_id, variant_id)
    ) as known
    where is_out is distinct from was_out
) as changes
where is_out;

-- Of each series with a spell in the span from *since* to before *until*: the spells, the seconds of
-- them in the span as far as they are known, and whether one lasts at the end of it.
create function stock_statistics(since timestamp with time zone, until timestamp with time zone)
returns table (
    platform text, product_id text, variant_id text,
    out_of_stock_spells bigint, out_of_stock_s bigint, is_out_of_stock boolean
) language sql stable as $$
    select s.platform, s.product_id, s.variant_id, count(*),
           round(sum(extract(epoch from least(s.known_until, until) - greatest(s.began_at, since))))
               ::bigint,
           bool_or(s.ended_at is null or s.ended_at >= until)
    from product_stock_spells as s
    where s.began_at < until and (s.began_at >= since or s.known_until > since)
    group by s.platform, s.product_id, s.variant_id
$$;

-- Of each series and currency, the snapshots with a price from *since* to before *until*. The median
-- is of the last price of each day, so that a day with many changes counts once; of two in the middle
-- it is the mean, rounded. Yesterday's is the last price before the day of the last one. A series with
-- prices in two currencies has two rows; its spells are in both.
create function price_statistics(since timestamp with time zone, until timestamp with time zone)
returns table (
    platform text, product_id text, variant_id text, currency text,
    points bigint, first_at timestamp with time zone, last_at timestamp with time zone,
    first_minor bigint, price_minor bigint,
    lowest_minor bigint, lowest_at timestamp with time zone,
    highest_minor bigint, highest_at timestamp with time zone, median_minor bigint,
    since_yesterday_minor bigint, since_yesterday_percent numeric,
    since_first_minor bigint, since_first_percent numeric,
    out_of_stock_spells bigint, out_of_stock_s bigint
) language sql stable as $$
    select p.platform, p.product_id, p.variant_id, p.currency,
           p.points, p.first_at, p.last_at, p.first, p.last,
           p.lowest, p.lowest_at, p.highest, p.highest_at, p.median,
           p.last - p.yesterday, round(100.0 * (p.last - p.yesterday) / nullif(p.yesterday, 0), 2),
           p.last - p.first, round(100.0 * (p.last - p.first) / nullif(p.first, 0), 2),
           coalesce(s.out_of_stock_spells, 0), coalesce(s.out_of_stock_s, 0)
    from (
        select d.platform, d.product_id, d.variant_id, d.currency,
               count(*) as points,
               min(d.at) as first_at,
               max(d.at) as last_at,
               (array_agg(d.price_minor order by d.at))[1] as first,
               (array_agg(d.price_minor order by d.at desc))[1] as last,
               min(d.price_minor) as lowest,
               (array_agg(d.at order by d.price_minor, d.at))[1] as lowest_at,
               max(d.price_minor) as highest,
               (array_agg(d.at order by d.price_minor desc, d.at))[1] as highest_at,
               round(cast(percentile_cont(0.5) within group (order by d.price_minor)
                   filter (where d.is_last_of_day) as numeric))::bigint as median,
               (array_agg(d.price_minor order by d.at desc)
                   filter (where d.day < d.last_day))[1] as yesterday
        from (
            select *, max(day) over series as last_day,
                   lead(day) over (series order by at) is distinct from day as is_last_of_day
            from (
                select *, (at at time zone 'UTC')::date as day
                from price_snapshots
                where price_minor is not null and at >= since and at < until
            ) as priced
            window series as (partition by platform, product_id, variant_id, currency)
        ) as d
        group by d.platform, d.product_id, d.variant_id, d.currency
    ) as p
    left join stock_statistics(since, until) as s
        on s.platform = p.platform and s.product_id = p.product_id
        and coalesce(s.variant_id, '') = coalesce(p.variant_id, '')
$$;

create view product_price_statistics as
select * from price_statistics('-infinity', 'infinity');

-- Of each keyword, over the products that it has ever found, each with its latest currency. A product
-- without a price in the span is counted too, with the currency that its page gave. Medians are of
-- one value for each product. The limits make PostgreSQL look up one product after the other, for a
-- keyword finds few of many.
create function keyword_statistics(since timestamp with time zone, until timestamp with time zone)
returns table (
    platform text, region text, keyword text, currency text,
    products bigint, priced bigint,
    lowest_minor bigint, highest_minor bigint, median_minor bigint,
    since_yesterday_percent numeric, since_first_percent numeric,
    out_of_stock bigint, out_of_stock_spells bigint
) language sql stable as $$
    select k.platform, k.region, k.keyword, coalesce(p.currency, g.currency),
           count(*), count(p.price_minor), min(p.price_minor), max(p.price_minor),
           round(cast(percentile_cont(0.5) within group (order by p.price_minor) as numeric))::bigint,
           round(cast(percentile_cont(0.5) within group
               (order by p.since_yesterday_percent) as numeric), 2),
           round(cast(percentile_cont(0.5) within group
               (order by p.since_first_percent) as numeric), 2),
           count(*) filter (where s.is_out_of_stock),
           coalesce(sum(s.out_of_stock_spells), 0)::bigint
    from product_keywords as k
    left join products as g on g.platform = k.platform and g.id = k.product_id
    left join lateral (
        select * from price_statistics(since, until) as one
        where one.platform = k.platform and one.product_id = k.product_id
          and one.variant_id is null
        order by one.last_at desc
        limit 1
    ) as p on true
    left join lateral (
        select * from stock_statistics(since, until) as one
        where one.platform = k.platform and one.product_id = k.product_id
          and one.variant_id is null
        limit 1
    ) as s on true
    group by k.platform, k.region, k.keyword, coalesce(p.currency, g.currency)
$$;

create view keyword_price_statistics as
select * from keyword_statistics('-infinity', 'infinity');
