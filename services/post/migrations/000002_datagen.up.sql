-- What post-datagen has generated, so that a run that was killed goes on where it was.
CREATE TABLE datagen_runs (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  users      integer NOT NULL,
  posts      bigint NOT NULL,
  skew       double precision NOT NULL,
  seed       bigint NOT NULL,
  chunk_rows integer NOT NULL,  -- posts of a transaction
  first_id   bigint NOT NULL,   -- the posts have the ids from here on, which nobody else gets
  version    bigint NOT NULL,   -- of all its posts
  user_ids   bigint[] NOT NULL,
  finished   boolean NOT NULL DEFAULT false,
  UNIQUE (users, posts, skew, seed)
);
-- Chunks that are there, written in the transaction of their posts.
CREATE TABLE datagen_chunks (
  run   bigint NOT NULL REFERENCES datagen_runs (id) ON DELETE CASCADE,
  chunk integer NOT NULL,
  PRIMARY KEY (run, chunk)
);
