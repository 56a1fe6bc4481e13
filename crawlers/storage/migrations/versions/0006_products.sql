-- Shops, products, their variants, where they were found, and prices over time.

create table shops (
    platform text not null,
    id text not null,
    region text,
    name text,
    username text,
    location text,
    rating double precision,
    ratings_good bigint,
    ratings_normal bigint,
    ratings_bad bigint,
    followers bigint,
    products_total bigint,
    sold bigint,
    response_rate_percent double precision,
    response_time_s bigint,
    joined_at timestamp with time zone,
    active_at timestamp with time zone,
    is_official boolean,
    is_verified boolean,
    is_preferred boolean,
    is_cross_border boolean,
    on_vacation boolean,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (platform, id)
);

create table products (
    platform text not null,
    id text not null,
    shop_id text,
    region text,
    name text,
    url text,
    price_minor bigint,
    price_max_minor bigint,
    list_price_minor bigint,
    discount_percent double precision,
    currency text,
    is_price_hidden boolean,
    stock bigint,
    sold bigint,
    sold_recently bigint,
    availability text,
    rating double precision,
    ratings_total bigint,
    ratings_by_stars bigint[],
    comments bigint,
    liked bigint,
    brand text,
    condition text,
    categories jsonb,
    attributes jsonb,
    images text[],
    description text,
    listed_at timestamp with time zone,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (platform, id)
);

create table product_variants (
    platform text not null,
    product_id text not null,
    id text not null,
    name text,
    options text[],
    sku text,
    price_minor bigint,
    list_price_minor bigint,
    currency text,
    stock bigint,
    sold bigint,
    availability text,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (platform, product_id, id)
);

create table product_keywords (
    platform text not null,
    region text not null,
    keyword text not null,
    product_id text not null,
    position bigint not null,
    is_ad boolean not null,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (platform, region, keyword, product_id)
);

-- Prices over time, kept by the triggers below in the same statement as the upsert of a product or a
-- variant: a row when price, stock or availability changed, and one a day (UTC) while it is seen.
create table price_snapshots (
    platform text not null,
    product_id text not null,
    variant_id text,
    at timestamp with time zone not null,
    price_minor bigint,
    list_price_minor bigint,
    discount_percent double precision,
    currency text,
    stock bigint,
    sold bigint,
    rating double precision,
    availability text
);

create unique index price_snapshots_key
    on price_snapshots (platform, product_id, variant_id, at) nulls not distinct;

create index price_snapshots_at on price_snapshots using brin (at);

create index on products (shop_id);

create index on product_keywords (platform, product_id);
