-- What the HTTP API keeps: keys, and links that show one job to whoever has them. Then the indexes
-- of its lists: each way to a list that crawlers/api/reads offers goes by one of these.

create table api_keys (
    id text primary key,
    name text not null,
    hash bytea not null,
    scopes text[] not null,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

create table share_links (
    id text primary key,
    hash bytea not null unique,
    job text not null references jobs on delete cascade,
    owner text,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);

create index share_links_of_job on share_links (job);

-- These are the beginnings of those below.
drop index chess_games_white_id_created_at_idx, chess_games_black_id_created_at_idx,
    chess_games_perf_created_at_idx, duel_replays_player1_id_ended_at_idx,
    duel_replays_player2_id_ended_at_idx, duel_replays_format_ended_at_idx, duel_cards_card_idx,
    esports_matches_event_id_starts_at_idx, esports_matches_starts_at_idx,
    esports_matches_team1_id_starts_at_idx, esports_matches_team2_id_starts_at_idx,
    esports_rankings_team_id_idx, esports_stats_player_id_idx, esports_transactions_player_id_idx,
    product_keywords_platform_product_id_idx, products_shop_id_idx,
    profiles_platform_lower_idx;

-- An index with changed_at tells the version of what it finds without reading the rows.
create index on chess_players (lower(name) collate "C", id);
create index on chess_players (games, id);
create index on chess_players (title, games, id);
create index on chess_games (created_at, id);
create index on chess_games (white_id, created_at, id) include (changed_at);
create index on chess_games (black_id, created_at, id) include (changed_at);
create index on chess_games (perf, created_at, id);
create index on chess_games (opening_eco, created_at, id);

create index on duel_replays (ended_at, id);
create index on duel_replays (format, ended_at, id) include (changed_at);
create index on duel_replays (player1_id, ended_at, id);
create index on duel_replays (player2_id, ended_at, id);
create index on duel_replays (player3_id, ended_at, id) where player3_id is not null;
create index on duel_replays (player4_id, ended_at, id) where player4_id is not null;
create index on duel_replays (player1_name, ended_at, id) include (changed_at);
create index on duel_replays (player2_name, ended_at, id) include (changed_at);
create index on duel_replays (player3_name, ended_at, id) where player3_name is not null;
create index on duel_replays (player4_name, ended_at, id) where player4_name is not null;
create index on duel_cards (card, replay, match, game, player) include (changed_at);

create index on esports_events (starts_on, id);
create index on esports_events (coalesce(listed_status, status), starts_on, id);
create index on esports_events (region, starts_on, id);
create index on esports_events (series_id, starts_on, id);
create index on esports_events (lower(name) collate "C", id);
create index on esports_events using gin (to_tsvector('simple', name));
create index on esports_events using gin (to_tsvector('simple', series_name));
create index on esports_event_matches (event_id, starts_at, match_id);
create index on esports_matches (starts_at, id);
create index on esports_matches (status, starts_at, id);
create index on esports_matches (event_id, starts_at, id);
create index on esports_matches (team1_id, starts_at, id);
create index on esports_matches (team2_id, starts_at, id);
create index on esports_map_players (player_id, (match_id::bigint), match_id)
    where game_id = 'all' and side = 'both';
create index on esports_teams (lower(name) collate "C", id);
create index on esports_teams (rank_region, rank, id);
create index on esports_teams (country, lower(name) collate "C", id);
create index on esports_teams using gin (to_tsvector('simple', name || ' ' || coalesce(tag, '')));
create index on esports_players (lower(alias) collate "C", id);
create index on esports_players (country, lower(alias) collate "C", id);
create index on esports_players
    using gin (to_tsvector('simple', alias || ' ' || coalesce(real_name, '')));
create index on esports_transactions (happened_on, team_id, player_id, action, date_text);
create index on esports_transactions (team_id, happened_on, player_id, action, date_text);
create index on esports_transactions (player_id, happened_on, team_id, action, date_text);
create index on esports_rankings (scope, region, rank, team_id);
create index on esports_rankings (team_id, scope, region, rank);
create index on esports_circuit_standings (year, region, rank, team_id);
create index on esports_stats (query, rating, player_id);
create index on esports_stats (query, acs, player_id);
create index on esports_stats (query, kd, player_id);
create index on esports_stats (query, adr, player_id);
create index on esports_stats (event_id, rating, query, player_id);
create index on esports_stats (player_id, query);
create index on esports_news ((id::bigint), id);
create index on esports_news (listed_on, id);
create index on esports_news (author, (id::bigint), id);

create index on products (platform, region, id);
create index on products (platform, region, availability, id);
create index on products (platform, region, price_minor, id);
create index on products (platform, region, sold, id);
create index on products (platform, shop_id, id);
create index on product_keywords (platform, keyword, region, position, product_id);
create index on product_keywords (platform, product_id, region, keyword);
create index on shops (platform, region, followers, id);
create index on shops (platform, lower(name) collate "C", id);

create index on profiles (platform, lower(username), id);
create index on profiles (changed_at);
create index on apify_runs (started_at, id);
create index on apify_runs using gin (accounts);
