-- name: ListPage :many
-- The user's generation and a page of the posts, of one snapshot: a row without a post when there
-- is none, no row when there is no such user. In no promised order.
-- $1 user_id bigint
-- $2 before_id bigint
-- $3 limit_rows bigint
-- $4 offset_rows bigint
-- column generation bigint
-- column id bigint null
-- column version bigint null
-- column content text null
-- column created_at bigint null
-- column updated_at bigint null
--
-- The row comparison and both columns of ORDER BY allow no index but posts_by_user. With
-- user_id = $1 the primary key would do, too, and be chosen while a few users have most posts: for
-- all others it reads those. After a user's last post come another's, which the join leaves out.
-- The LIMIT inside is what the planner knows of the page's size; the one outside stops the scan.
SELECT users.generation, page.id, page.generation, page.content,
       (extract(epoch FROM page.created_at) * 1000000)::bigint,
       (extract(epoch FROM page.updated_at) * 1000000)::bigint
FROM users
LEFT JOIN (
  SELECT * FROM posts
  WHERE (user_id, id) < ($1, $2)
  ORDER BY user_id DESC, id DESC
  LIMIT 101 OFFSET $4
) AS page ON page.user_id = users.id
WHERE users.id = $1
LIMIT $3
