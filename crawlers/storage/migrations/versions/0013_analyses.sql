-- What engines say of stored chess games: beside what the site sent, never over it.
-- Arrays hold one entry for each ply, as those of chess_games do.

create table chess_positions (
    key text not null,
    engine text not null,
    version text not null,
    limit_kind text not null check (limit_kind in ('nodes', 'depth')),
    limit_value bigint not null,
    eval_cp bigint,
    mate bigint,
    line text not null,
    nodes bigint not null,
    analysed_at timestamp with time zone not null default now(),
    primary key (key, engine, version, limit_kind),
    check ((eval_cp is null) <> (mate is null))
);

create table chess_analyses (
    game text not null,
    engine text not null,
    version text not null,
    limit_kind text not null check (limit_kind in ('nodes', 'depth')),
    limit_value bigint not null,
    analysed_at timestamp with time zone not null default now(),
    white_accuracy double precision,
    white_acpl bigint,
    white_inaccuracies bigint not null,
    white_mistakes bigint not null,
    white_blunders bigint not null,
    black_accuracy double precision,
    black_acpl bigint,
    black_inaccuracies bigint not null,
    black_mistakes bigint not null,
    black_blunders bigint not null,
    eval_cp bigint[] not null,
    mate bigint[] not null,
    line text[] not null,
    win_percent double precision[] not null,
    judgment text[] not null,
    primary key (game, engine, version, limit_kind)
);

-- What somebody asked for over HTTP and nobody has done: a row goes when its analysis is stored.
create table chess_analysis_requests (
    game text not null,
    limit_kind text not null check (limit_kind in ('nodes', 'depth')),
    limit_value bigint not null,
    requested_at timestamp with time zone not null default now(),
    begun_at timestamp with time zone,
    refused_at timestamp with time zone,
    reason text,
    primary key (game, limit_kind),
    check ((refused_at is null) = (reason is null))
);

create index chess_analysis_requests_waiting on chess_analysis_requests (requested_at, game)
    where refused_at is null;

create view chess_analysed_moves as
select
    a.game,
    a.engine,
    a.version,
    cast(m.ply as integer) as ply,
    m.san,
    m.uci,
    a.eval_cp[m.ply] as eval_cp,
    a.mate[m.ply] as mate,
    a.line[m.ply] as line,
    a.win_percent[m.ply] as win_percent,
    a.judgment[m.ply] as judgment
from chess_analyses as a
join chess_games as g on g.id = a.game and cardinality(g.uci) = cardinality(a.line)
cross join lateral unnest(g.san, g.uci) with ordinality as m (san, uci, ply);
