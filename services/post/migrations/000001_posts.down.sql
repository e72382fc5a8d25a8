DROP TABLE cache_invalidations, posts, users;
