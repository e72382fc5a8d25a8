-- name: GetPosts :many
-- Those that there are.
-- $1 ids bigint[]
-- column id bigint
-- column user_id bigint
-- column version bigint
-- column content text
-- column created_at bigint
-- column updated_at bigint
SELECT id, user_id, generation, content,
       (extract(epoch FROM created_at) * 1000000)::bigint,
       (extract(epoch FROM updated_at) * 1000000)::bigint
FROM posts WHERE id = ANY ($1)

-- name: CreatePost :opt
-- The user's new generation, the post and what caches must forget. None: no such user.
-- $1 user_id bigint
-- $2 content text
-- column id bigint
-- column version bigint
-- column created_at bigint
WITH raised AS (
  UPDATE users SET generation = generation + 1 WHERE id = $1
  RETURNING id, generation, clock_timestamp() AS now  -- once the lock is there, as is the new id
), written AS (
  INSERT INTO posts (user_id, content, generation, created_at, updated_at)
  SELECT id, $2, generation, now, now FROM raised
  RETURNING *
), left_behind AS (
  INSERT INTO cache_invalidations (user_id, post_id, generation)
  SELECT user_id, id, generation FROM written
)
SELECT id, generation, (extract(epoch FROM created_at) * 1000000)::bigint FROM written

-- name: UpdatePost :opt
-- None: no such post, or it was deleted while this waited; the transaction is to be given up then.
-- $1 id bigint
-- $2 content text
-- column user_id bigint
-- column version bigint
-- column created_at bigint
-- column updated_at bigint
WITH raised AS (
  UPDATE users SET generation = generation + 1
  WHERE id = (SELECT user_id FROM posts WHERE id = $1)
  RETURNING id, generation
), written AS (
  UPDATE posts SET content = $2, generation = raised.generation, updated_at = clock_timestamp()
  FROM raised WHERE posts.id = $1
  RETURNING posts.*
), left_behind AS (
  INSERT INTO cache_invalidations (user_id, post_id, generation)
  SELECT user_id, id, generation FROM written
)
SELECT user_id, generation, (extract(epoch FROM created_at) * 1000000)::bigint,
       (extract(epoch FROM updated_at) * 1000000)::bigint
FROM written

-- name: DeletePost :opt
-- As UpdatePost.
-- $1 id bigint
-- column user_id bigint
-- column generation bigint
WITH raised AS (
  UPDATE users SET generation = generation + 1
  WHERE id = (SELECT user_id FROM posts WHERE id = $1)
  RETURNING id, generation
), gone AS (
  DELETE FROM posts USING raised WHERE posts.id = $1
  RETURNING posts.user_id, posts.id, raised.generation
), left_behind AS (
  INSERT INTO cache_invalidations (user_id, post_id, generation)
  SELECT user_id, id, generation FROM gone
)
SELECT user_id, generation FROM gone
