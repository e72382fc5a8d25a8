#ifndef SERVICES_POST_READ_COUNTERS_H_
#define SERVICES_POST_READ_COUNTERS_H_

#include "mesh/telemetry/metrics.h"

namespace trellis::post {

// Where reads found what they wanted. The names are the seed's where it has one. Thread-safe.
struct ReadCounters {
  explicit ReadCounters(telemetry::Metrics& metrics)
      : local_hits(metrics.AddCounter("trellis_post_local_cache_hits_total",
                                      "Pages served from the process' own cache")),
        list_hits(
            metrics.AddCounter("post_list_cache_hits_total", "Total hits for post list cache")),
        list_misses(
            metrics.AddCounter("post_list_cache_misses_total", "Total misses for post list cache")),
        object_hits(
            metrics.AddCounter("post_object_cache_hits_total", "Total hits for post object cache")),
        object_misses(metrics.AddCounter("post_object_cache_misses_total",
                                         "Total misses for post object cache")),
        refused_fills(metrics.AddCounter(
            "trellis_post_refused_fills_total",
            "Pages that were not cached because the user's posts were written to meanwhile")),
        early_refreshes(metrics.AddCounter("trellis_post_early_refreshes_total",
                                           "Pages made anew before they expired")),
        overtaken(metrics.AddCounter(
            "trellis_post_overtaken_lists_total",
            "Cached lists whose posts were written to since, so that Postgres was asked")),
        bypassed(metrics.AddCounter("trellis_post_cache_bypassed_total",
                                    "Reads answered by Postgres because Redis could not, or nobody "
                                    "made the page in time")) {}

  telemetry::Counter& local_hits;
  telemetry::Counter& list_hits;
  telemetry::Counter& list_misses;
  telemetry::Counter& object_hits;
  telemetry::Counter& object_misses;
  telemetry::Counter& refused_fills;
  telemetry::Counter& early_refreshes;
  telemetry::Counter& overtaken;
  telemetry::Counter& bypassed;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_READ_COUNTERS_H_
