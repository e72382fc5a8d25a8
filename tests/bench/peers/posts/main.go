// A peer of the post service: GET /api/v1/users/{id}/posts?limit=&offset= as a Go service of the
// usual kind answers it, with net/http, go-redis' cluster client and pgx. Lists of ids are cached at
// user:<id>:posts:<limit>:<offset>, posts at post:<id>, both as JSON, for ten minutes. What is not
// there is read from Postgres and put in by one pipeline. Posts are read by a pipeline of GETs, which
// go-redis sends to each node at once: one MGET of keys in many slots is an error on a cluster.
//
// Its keys begin with "go:", so that it can share the cluster with the service that it is compared
// with. Its environment: HTTP_ADDR, REDIS_CLUSTER_ADDRS, DB_URL.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

const lifetime = 10 * time.Minute

type post struct {
	ID        int64     `json:"id"`
	UserID    int64     `json:"user_id"`
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type page struct {
	Data    []post `json:"data"`
	HasMore bool   `json:"has_more"`
	Limit   int    `json:"limit"`
	Offset  int    `json:"offset"`
}

// What is cached of a page.
type list struct {
	IDs     []int64 `json:"ids"`
	HasMore bool    `json:"has_more"`
}

type server struct {
	cache *redis.ClusterClient
	db    *pgxpool.Pool
}

func listKey(user int64, limit, offset int) string {
	return fmt.Sprintf("go:user:%d:posts:%d:%d", user, limit, offset)
}

func postKey(id int64) string { return "go:post:" + strconv.FormatInt(id, 10) }

// The posts of a cached list, if they are all there.
func (s *server) cached(ctx context.Context, ids []int64) ([]post, bool) {
	gets := make([]*redis.StringCmd, len(ids))
	pipeline := s.cache.Pipeline()
	for i, id := range ids {
		gets[i] = pipeline.Get(ctx, postKey(id))
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		return nil, false
	}
	posts := make([]post, len(ids))
	for i, get := range gets {
		bytes, err := get.Bytes()
		if err != nil || json.Unmarshal(bytes, &posts[i]) != nil {
			return nil, false
		}
	}
	return posts, true
}

func (s *server) query(ctx context.Context, user int64, limit, offset int) ([]post, error) {
	rows, err := s.db.Query(ctx,
		`SELECT id, user_id, content, created_at, updated_at FROM posts
		 WHERE user_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3`, user, limit, offset)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[post])
}

func (s *server) fill(ctx context.Context, key string, posts []post, hasMore bool) {
	cached := list{IDs: make([]int64, len(posts)), HasMore: hasMore}
	pipeline := s.cache.Pipeline()
	for i, p := range posts {
		cached.IDs[i] = p.ID
		if bytes, err := json.Marshal(p); err == nil {
			pipeline.Set(ctx, postKey(p.ID), bytes, lifetime)
		}
	}
	if bytes, err := json.Marshal(cached); err == nil {
		pipeline.Set(ctx, key, bytes, lifetime)
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		log.Printf("filling the cache: %v", err)
	}
}

func (s *server) read(ctx context.Context, user int64, limit, offset int) (page, error) {
	key := listKey(user, limit, offset)
	answer := page{Limit: limit, Offset: offset}
	if bytes, err := s.cache.Get(ctx, key).Bytes(); err == nil {
		var cached list
		if json.Unmarshal(bytes, &cached) == nil {
			if posts, whole := s.cached(ctx, cached.IDs); whole {
				answer.Data, answer.HasMore = posts, cached.HasMore
				return answer, nil
			}
		}
	}
	posts, err := s.query(ctx, user, limit+1, offset)
	if err != nil {
		return answer, err
	}
	answer.HasMore = len(posts) > limit
	if answer.HasMore {
		posts = posts[:limit]
	}
	answer.Data = posts
	s.fill(ctx, key, posts, answer.HasMore)
	return answer, nil
}

func number(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v1/users/"), "/posts")
	user, err := strconv.ParseInt(id, 10, 64)
	query := r.URL.Query()
	limit, limitErr := number(query.Get("limit"), 50)
	offset, offsetErr := number(query.Get("offset"), 0)
	if err != nil || limitErr != nil || offsetErr != nil || limit < 1 || limit > 100 || offset < 0 {
		http.Error(w, `{"error":"bad request"}`, http.StatusBadRequest)
		return
	}
	answer, err := s.read(r.Context(), user, limit, offset)
	if err != nil {
		log.Printf("user %d: %v", user, err)
		http.Error(w, `{"error":"internal"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Printf("answering: %v", err)
	}
}

func main() {
	ctx := context.Background()
	db, err := pgxpool.New(ctx, os.Getenv("DB_URL"))
	if err != nil {
		log.Fatal(err)
	}
	cache := redis.NewClusterClient(
		&redis.ClusterOptions{Addrs: strings.Split(os.Getenv("REDIS_CLUSTER_ADDRS"), ","), PoolSize: 64})
	if err := cache.Ping(ctx).Err(); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/users/", &server{cache: cache, db: db})
	mux.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "pong") })
	log.Fatal(http.ListenAndServe(os.Getenv("HTTP_ADDR"), mux))
}
