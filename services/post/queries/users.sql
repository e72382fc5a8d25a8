-- name: CreateUser :one
-- Also what caches must forget: that there was no such user.
-- $1 username text
-- $2 email text
-- column id bigint
-- column generation bigint
-- column created_at bigint
WITH written AS (
  INSERT INTO users (username, email) VALUES ($1, $2) RETURNING *
), left_behind AS (
  INSERT INTO cache_invalidations (user_id, generation) SELECT id, generation FROM written
)
SELECT id, generation, (extract(epoch FROM created_at) * 1000000)::bigint FROM written

-- name: GetUser :opt
-- $1 id bigint
-- column username text
-- column email text
-- column generation bigint
-- column created_at bigint
SELECT username, email, generation, (extract(epoch FROM created_at) * 1000000)::bigint
FROM users WHERE id = $1

-- name: GetGeneration :opt
-- $1 user_id bigint
-- column generation bigint
SELECT generation FROM users WHERE id = $1
