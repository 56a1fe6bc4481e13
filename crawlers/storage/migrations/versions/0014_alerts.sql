-- Groups of products, rules about their prices, stock and jobs, and the messages that follow.
-- owner is as in jobs: who made it over the API; null: somebody on the command line.
create table collections (
    id text primary key,
    owner text,
    name text not null,
    created_at timestamp with time zone not null default now()
);;
create unique index collections_name on collections (coalesce(owner, ''), name);;
create table collection_products (
    collection text not null references collections on delete cascade,
    platform text not null,
    product_id text not null,
    added_at timestamp with time zone not null default now(),
    primary key (collection, platform, product_id)
);;
create index collection_products_product on collection_products (platform, product_id);;
create table alert_channels (
    id text primary key,
    owner text,
    name text not null,
    -- What may be shown of its address, and the whole of it, encrypted by ALERTS_KEY.
    shown text not null,
    sealed bytea not null,
    per_day integer not null,
    created_at timestamp with time zone not null default now()
);;
create unique index alert_channels_name on alert_channels (coalesce(owner, ''), name);;
create table alert_rules (
    id text primary key,
    owner text,
    name text not null,
    kind text not null,
    -- What is watched: a product or one of its variants, a collection, what a keyword finds, jobs.
    platform text,
    product_id text,
    variant_id text,
    collection text references collections,
    keyword text,
    region text,
    source text,
    each_variant boolean not null,
    limit_minor bigint,
    currency text,
    percent numeric,
    hysteresis_percent numeric not null,
    cooldown_s integer not null,
    per_day integer not null,
    quiet_from time,
    quiet_to time,
    zone text not null,
    digest text,
    digest_at time,
    channels text[] not null,
    is_paused boolean not null default false,
    created_at timestamp with time zone not null default now()
);;
create unique index alert_rules_name on alert_rules (coalesce(owner, ''), name);;
create index alert_rules_of_prices on alert_rules (id) where not is_paused and kind not like 'job%';;
create index alert_rules_product on alert_rules (platform, product_id) where product_id is not null;;
create index alert_rules_collection on alert_rules (collection) where collection is not null;;
create index alert_rules_keyword on alert_rules (keyword) where keyword is not null;;
-- What a rule knows of each series that it has looked at; variant_id is '' for the product itself.
-- No foreign key: it would be looked up for each row of each crawl.
create table alert_states (
    rule text not null,
    platform text not null,
    product_id text not null,
    variant_id text not null,
    currency text not null,
    -- The price that the next one is compared with.
    reference_minor bigint,
    -- Whether it may fire: a rule that has fired waits until what it told of is over.
    is_armed boolean not null,
    fired_at timestamp with time zone,
    primary key (rule, platform, product_id, variant_id)
);;
-- What each series was like when all rules had looked at it: while it stays so and no rule is new,
-- none has to look again. A day's crawl mostly finds what the day before has found.
create table alert_looks (
    platform text not null,
    product_id text not null,
    variant_id text not null,
    version bigint not null,
    at timestamp with time zone not null,
    price_minor bigint,
    currency text not null,
    availability text,
    -- How many keywords had found it; null where no rule asked.
    keywords bigint,
    -- A rule would have fired, but for its cooldown.
    is_waiting boolean not null,
    primary key (platform, product_id, variant_id)
) with (fillfactor = 70);;
-- One row: how often rules or collections have changed.
create table alert_version (version bigint not null);;
insert into alert_version values (1);;
create function look_again() returns trigger language plpgsql as $$
begin
    update alert_version set version = version + 1;
    return null;
end $$;;
create trigger look_again after insert or update on alert_rules
    for each statement execute function look_again();;
create trigger look_again after insert on collection_products
    for each statement execute function look_again();;
create function forget_alert_states() returns trigger language plpgsql as $$
begin
    -- What a crawl is just writing stays, and harms nobody: waiting for it might be in a circle.
    delete from alert_states as t using (
        select rule, platform, product_id, variant_id from alert_states
        where rule = old.id for update skip locked
    ) as free
    where t.rule = free.rule and t.platform = free.platform
      and t.product_id = free.product_id and t.variant_id = free.variant_id;
    return null;
end $$;;
create trigger forget_alert_states after delete on alert_rules
    for each row execute function forget_alert_states();;
-- Each alert once, whoever is told of it. It outlives its rule: it is the history.
create table alert_outbox (
    id bigint generated always as identity primary key,
    key text not null unique,
    owner text,
    rule text,
    rule_name text not null,
    kind text not null,
    platform text,
    product_id text,
    variant_id text,
    job text,
    at timestamp with time zone not null,
    facts jsonb not null,
    created_at timestamp with time zone not null default now(),
    planned_at timestamp with time zone,
    -- Why nobody is told of it.
    note text
);;
create index alert_outbox_new on alert_outbox (id) where planned_at is null;;
create index alert_outbox_of_rule on alert_outbox (rule, planned_at) where note is null;;
create index alert_outbox_of_owner on alert_outbox (owner, id);;
-- A message to one channel, about one alert or, as a digest, several.
create table alert_deliveries (
    id bigint generated always as identity primary key,
    key text not null unique,
    owner text,
    channel text not null,
    channel_name text not null,
    alerts bigint[] not null,
    is_digest boolean not null,
    -- waiting, sent, dead (given up), left_out
    state text not null,
    due_at timestamp with time zone not null,
    attempts integer not null default 0,
    taken_until timestamp with time zone,
    sent_at timestamp with time zone,
    reason text,
    created_at timestamp with time zone not null default now()
);;
create index alert_deliveries_due on alert_deliveries (due_at, id) where state = 'waiting';;
create index alert_deliveries_taken on alert_deliveries (taken_until) where state = 'waiting';;
create index alert_deliveries_of_channel on alert_deliveries (channel, created_at);;
create index alert_deliveries_of_owner on alert_deliveries (owner, id);;
create index alert_deliveries_alerts on alert_deliveries using gin (alerts);;
-- The last price of a series before an instant.
create function price_before(
    of_platform text, product text, variant text, money text, instant timestamp with time zone
) returns bigint language plpgsql stable as $$
begin
    if variant is null then
        return (select price_minor from price_snapshots
            where platform = of_platform and product_id = product and variant_id is null
              and at < instant and price_minor is not null and coalesce(currency, '') = money
            order by at desc limit 1);
    end if;
    return (select price_minor from price_snapshots
        where platform = of_platform and product_id = product and variant_id = variant
          and at < instant and price_minor is not null and coalesce(currency, '') = money
        order by at desc limit 1);
end $$;;
create function lowest_before(
    of_platform text, product text, variant text, money text, instant timestamp with time zone,
    out lowest bigint, out points bigint
) language plpgsql stable as $$
begin
    if variant is null then
        select min(price_minor), count(*) into lowest, points from price_snapshots
        where platform = of_platform and product_id = product and variant_id is null
          and at < instant and price_minor is not null and coalesce(currency, '') = money;
    else
        select min(price_minor), count(*) into lowest, points from price_snapshots
        where platform = of_platform and product_id = product and variant_id = variant
          and at < instant and price_minor is not null and coalesce(currency, '') = money;
    end if;
end $$;;
-- Whether a price is as low as any before; null where fewer than three are known.
create function is_lowest(
    of_platform text, product text, variant text, money text, instant timestamp with time zone,
    price bigint
) returns boolean language sql stable as $$
    select case when points >= 3 then price <= lowest end
    from lowest_before(of_platform, product, variant, money, instant)
$$;;
-- What was last known of the stock of a series before an instant.
create function stock_before(
    of_platform text, product text, variant text, instant timestamp with time zone
) returns text language plpgsql stable as $$
begin
    if variant is null then
        return (select availability from price_snapshots
            where platform = of_platform and product_id = product and variant_id is null
              and at < instant and availability in ('in_stock', 'out_of_stock', 'gone')
            order by at desc limit 1);
    end if;
    return (select availability from price_snapshots
        where platform = of_platform and product_id = product and variant_id = variant
          and at < instant and availability in ('in_stock', 'out_of_stock', 'gone')
        order by at desc limit 1);
end $$;;
-- Whoever appends snapshots holds the rows of their products, so nobody else is at these states.
-- Each snapshot is looked up by index, whatever the tables were like when the plan was made: it is
-- kept for a connection's life, and states are none when the first crawl begins.
create function leave_alerts() returns trigger language plpgsql
set enable_seqscan = off set enable_memoize = off set jit = off as $$
begin
    -- An upsert calls this twice, and at least one of them has nothing to look at.
    if not exists (select from added)
       or not exists (select from alert_rules where not is_paused and kind not like 'job%') then
        return null;
    end if;
    with now as materialized (
        select version, exists (select from alert_rules where keyword is not null) as has_keywords
        from alert_version
    ),
    latest as (
        select distinct on (platform, product_id, variant_id)
               platform, product_id, variant_id, at, price_minor, coalesce(currency, '') as money,
               availability
        from added order by platform, product_id, variant_id, at desc
    ),
    counted as (
        -- By number: what found it may be stored long after it was seen.
        select s.*, now.version, case when has_keywords then (
            select count(*) from product_keywords as k
            where k.platform = s.platform and k.product_id = s.product_id) end as keywords
        from latest as s cross join now
    ),
    seen as materialized (
        select s.* from counted as s
        left join lateral (
            select * from alert_looks as l
            where l.platform = s.platform and l.product_id = s.product_id
              and l.variant_id = coalesce(s.variant_id, '')
            offset 0
        ) as l on true
        where l.version is distinct from s.version or l.is_waiting
           or (s.price_minor, s.money, s.availability)
               is distinct from (l.price_minor, l.currency, l.availability)
           or s.keywords is distinct from l.keywords
    ),
    judged as materialized (
        select s.*, r.id as rule, r.owner, r.name, r.kind, r.limit_minor, r.percent,
               r.hysteresis_percent, t.rule is not null as is_known, t.fired_at,
               t.fired_at is null or s.at >= t.fired_at + r.cooldown_s * interval '1 s' as is_rested,
               t.currency as known_currency, t.reference_minor as known_reference,
               t.is_armed as was_armed,
               case
                   when r.kind in ('fall_percent', 'any_change', 'new_lowest') then
                       case when t.currency = s.money then t.reference_minor
                            when r.kind = 'new_lowest' then (select lowest from lowest_before(
                                s.platform, s.product_id, s.variant_id, s.money, s.at))
                            else price_before(
                                s.platform, s.product_id, s.variant_id, s.money, s.at) end
               end as reference,
               case
                   when t.rule is not null then t.is_armed
                   when r.kind = 'out_of_stock' then coalesce(stock_before(
                       s.platform, s.product_id, s.variant_id, s.at) = 'in_stock', false)
                   when r.kind = 'back_in_stock' then coalesce(stock_before(
                       s.platform, s.product_id, s.variant_id, s.at) <> 'in_stock', false)
                   else true
               end as is_armed
        from seen as s
        cross join lateral (
            select * from alert_rules as r
            where r.platform = s.platform and r.product_id = s.product_id
            union all
            select r.* from collection_products as c
            join alert_rules as r on r.collection = c.collection
            where c.platform = s.platform and c.product_id = s.product_id
            union all
            select r.* from (
                select keyword, array_agg(region) as regions from product_keywords
                where platform = s.platform and product_id = s.product_id group by keyword
            ) as k
            join alert_rules as r on r.keyword = k.keyword
                and coalesce(r.platform, s.platform) = s.platform
                and (r.region is null or r.region = any(k.regions))
        ) as r
        left join lateral (
            select * from alert_states as t
            where t.rule = r.id and t.platform = s.platform and t.product_id = s.product_id
              and t.variant_id = coalesce(s.variant_id, '')
            offset 0
        ) as t on true
        where not r.is_paused and r.kind not like 'job%'
          and case when r.variant_id is not null then s.variant_id = r.variant_id
                   else (s.variant_id is not null) = r.each_variant end
          and case when r.kind in ('out_of_stock', 'back_in_stock')
                   then s.availability in ('in_stock', 'out_of_stock', 'gone')
                   else s.price_minor is not null and coalesce(r.currency, s.money) = s.money end
    ),
    looked as (
        select *, case when kind = 'new_lowest' and price_minor < reference then is_lowest(
            platform, product_id, variant_id, money, at, price_minor) end as is_new_lowest
        from judged
    ),
    decided as materialized (
        select *, is_armed and coalesce(case kind
                when 'below' then price_minor <= limit_minor
                when 'above' then price_minor >= limit_minor
                when 'fall_percent' then price_minor < reference
                    and price_minor::numeric * 100 <= reference * (100 - percent)
                when 'any_change' then price_minor <> reference
                    and abs(price_minor::numeric - reference) * 100
                        >= reference * coalesce(percent, 0)
                when 'new_lowest' then is_new_lowest
                when 'out_of_stock' then availability = 'out_of_stock'
                when 'back_in_stock' then availability = 'in_stock'
            end, false) as holds
        from looked
    ),
    chosen as (select *, holds and is_rested as fires from decided),
    after as (
        select *,
               case when kind in ('fall_percent', 'any_change', 'new_lowest') then money else ''
               end as next_currency,
               case kind
                   when 'fall_percent' then
                       case when fires then price_minor else greatest(reference, price_minor) end
                   when 'any_change' then
                       case when fires or reference is null then price_minor else reference end
                   when 'new_lowest' then
                       case when fires or reference is null then price_minor
                            when is_new_lowest is null then least(reference, price_minor)
                            else reference end
               end as next_reference,
               case when kind in ('fall_percent', 'any_change', 'new_lowest') then true
                    when fires then false
                    else is_armed or coalesce(case kind
                        when 'below' then
                            price_minor::numeric * 100 > limit_minor * (100 + hysteresis_percent)
                        when 'above' then
                            price_minor::numeric * 100 < limit_minor * (100 - hysteresis_percent)
                        when 'out_of_stock' then availability = 'in_stock'
                        when 'back_in_stock' then availability <> 'in_stock'
                    end, false) end as next_armed
        from chosen
    ),
    has_looked as (
        insert into alert_looks as l
        select s.platform, s.product_id, coalesce(s.variant_id, ''), s.version, s.at, s.price_minor,
               s.money, s.availability, s.keywords,
               coalesce(bool_or(a.holds and not a.is_rested), false)
        from seen as s left join after as a on a.platform = s.platform
            and a.product_id = s.product_id
            and coalesce(a.variant_id, '') = coalesce(s.variant_id, '')
        group by s.platform, s.product_id, s.variant_id, s.version, s.at, s.price_minor, s.money,
                 s.availability, s.keywords
        order by s.platform collate "C", s.product_id collate "C", s.variant_id collate "C"
        on conflict (platform, product_id, variant_id) do update
        set version = excluded.version, at = excluded.at, price_minor = excluded.price_minor,
            currency = excluded.currency, availability = excluded.availability,
            keywords = excluded.keywords, is_waiting = excluded.is_waiting
    ),
    -- A state that stays as it is, is not touched: a conflict would lock its row, and write that.
    remembered as (
        insert into alert_states (rule, platform, product_id, variant_id, currency,
                                  reference_minor, is_armed, fired_at)
        select rule, platform, product_id, coalesce(variant_id, ''), next_currency,
               next_reference, next_armed, case when fires then at else fired_at end
        from after
        where case when is_known
                   then fires or (known_currency, known_reference, was_armed)
                       is distinct from (next_currency, next_reference, next_armed)
                   else fires or kind not in ('below', 'above') end
        order by rule collate "C", platform collate "C", product_id collate "C",
                 variant_id collate "C"
        on conflict (rule, platform, product_id, variant_id) do update
        set currency = excluded.currency, reference_minor = excluded.reference_minor,
            is_armed = excluded.is_armed, fired_at = excluded.fired_at
    )
    insert into alert_outbox (key, owner, rule, rule_name, kind, platform, product_id, variant_id,
                              at, facts)
    select md5(concat_ws(' ', rule, platform, product_id, variant_id, extract(epoch from at),
                         price_minor, availability)),
           owner, rule, name, kind, platform, product_id, variant_id, at,
           jsonb_strip_nulls(jsonb_build_object(
               'price_minor', price_minor, 'currency', nullif(money, ''),
               'before_minor', price_before(platform, product_id, variant_id, money, at),
               'reference_minor', reference, 'limit_minor', limit_minor, 'percent', percent,
               'availability', availability))
    from after where fires
    order by rule collate "C", platform collate "C", product_id collate "C"
    on conflict (key) do nothing;
    return null;
end $$;;
create trigger leave_alerts after insert on price_snapshots referencing new table as added
    for each statement execute function leave_alerts();;
create trigger leave_alerts_again after update on price_snapshots referencing new table as added
    for each statement execute function leave_alerts();;
-- A rule of somebody on the command line is about all jobs; other rules are about their owner's.
create function leave_alerts_of_job() returns trigger language plpgsql as $$
begin
    insert into alert_outbox (key, owner, rule, rule_name, kind, job, at, facts)
    select md5(concat_ws(' ', r.id, new.id, extract(epoch from new.finished_at))),
           r.owner, r.id, r.name, r.kind, new.id, coalesce(new.finished_at, now()),
           jsonb_build_object('source', new.source, 'status', new.status)
    from alert_rules as r
    where not r.is_paused and r.kind in ('job_ended', 'job_failed')
      and coalesce(r.owner, new.owner, '') = coalesce(new.owner, '')
      and coalesce(r.source, new.source) = new.source
      and (r.kind = 'job_ended' or new.status in ('failed', 'partial'))
    order by r.id collate "C"
    on conflict (key) do nothing;
    return null;
end $$;;
create trigger leave_alerts_of_job after update of status on jobs for each row
    when (old.status is null and new.status is not null) execute function leave_alerts_of_job();;
