-- name: ListNewest :many
-- As ListPage for each of the users that there are; place: 1 for the first of them.
-- $1 user_ids bigint[]
-- $2 before_id bigint
-- $3 limit_rows bigint
-- column place bigint
-- column generation bigint
-- column id bigint null
-- column version bigint null
-- column content text null
-- column created_at bigint null
-- column updated_at bigint null
SELECT asked.place, users.generation, page.id, page.generation, page.content,
       (extract(epoch FROM page.created_at) * 1000000)::bigint,
       (extract(epoch FROM page.updated_at) * 1000000)::bigint
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (user_id, place)
JOIN users ON users.id = asked.user_id
LEFT JOIN LATERAL (
  SELECT * FROM (
    SELECT * FROM posts
    WHERE (user_id, id) < (users.id, $2)
    ORDER BY user_id DESC, id DESC
    LIMIT 101
  ) AS newest
  WHERE newest.user_id = users.id
  LIMIT $3
) AS page ON true
