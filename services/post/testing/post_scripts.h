#ifndef SERVICES_POST_TESTING_POST_SCRIPTS_H_
#define SERVICES_POST_TESTING_POST_SCRIPTS_H_

#include "mesh/redis/testing/fake_cluster_client.h"

namespace trellis::post::testing {

// Makes a cluster in memory do what the scripts of lua/ do. That both do the same is what the tests
// of the adapters on a real cluster and those on this one show.
void AddPostScripts(redis::testing::FakeClusterClient& cluster);

}  // namespace trellis::post::testing

#endif  // SERVICES_POST_TESTING_POST_SCRIPTS_H_
