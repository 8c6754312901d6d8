#include "deploy/api/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"

namespace kata::deploy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A server that has an answer for each "METHOD PATH", and remembers what it was asked.
class ClusterTest : public ::testing::Test {
 protected:
  Result<Answer> answer(const Request& request) {
    auto name = concat(request.method, " ", request.path);
    asked_.push_back(request.body.empty() ? name : concat(name, " ", request.body));
    auto found = answers_.find(name);
    return found == answers_.end() ? Answer{404, R"({"message": "not found"})"} : found->second;
  }

  std::map<std::string, Answer> answers_;
  std::vector<std::string> asked_;
  Cluster cluster_{[this](const Request& request) { return answer(request); }};
};

constexpr char kClasses[] = "/apis/node.k8s.io/v1/runtimeclasses";

TEST_F(ClusterTest, ALabelIsSetAndAnotherOneGoes) {
  answers_["PATCH /api/v1/nodes/one"] = {200, "{}"};
  ASSERT_TRUE(cluster_.label("one", {{"a/b", "true"}, {"c", std::nullopt}}));
  EXPECT_THAT(asked_, ElementsAre(R"(PATCH /api/v1/nodes/one {"metadata":{"labels":{"a/b":"true","c":null}}})"));
}

TEST_F(ClusterTest, ANodeHasLabelsAndAnEngine) {
  answers_["GET /api/v1/nodes/one"] = {
      200,
      R"({"metadata": {"labels": {"a": "b"}}, "status": {"nodeInfo": {"containerRuntimeVersion": "cri-o://1.3"}}})"};
  EXPECT_EQ(cluster_.labels("one").value(), (Labels{{"a", "b"}}));
  EXPECT_EQ(cluster_.engine("one").value(), "cri-o://1.3");
  EXPECT_THAT(cluster_.labels("two").error().text(), HasSubstr("says 404: not found (try: set NODE_NAME"));
}

TEST_F(ClusterTest, WhoHasNoRightsIsToldWhichAreMissing) {
  answers_["PATCH /api/v1/nodes/one"] = {403, R"({"message": "nodes \"one\" is forbidden"})"};
  auto refused = cluster_.label("one", {{"a", "b"}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(),
              HasSubstr("the API server says 403: nodes \"one\" is forbidden (try: give the service account"));
}

TEST_F(ClusterTest, ARuntimeClassHasItsHandlerAndItsPrice) {
  answers_[concat("POST ", kClasses)] = {201, "{}"};
  ASSERT_TRUE(cluster_.make({"kata", "kata-qemu", "200Mi", "250m"}));
  EXPECT_THAT(asked_.back(),
              HasSubstr(R"("handler":"kata-qemu","overhead":{"podFixed":{"memory":"200Mi","cpu":"250m"}})"));
  ASSERT_TRUE(cluster_.make({"kata", "kata-qemu", "", ""}));
  EXPECT_THAT(asked_.back(), ::testing::Not(HasSubstr("overhead")));
}

TEST_F(ClusterTest, ARuntimeClassOfSomebodyElseStays) {
  auto get = concat("GET ", kClasses, "/kata");
  answers_[concat("POST ", kClasses)] = {409, "{}"};
  answers_[get] = {200, R"({"handler": "kata-qemu"})"};
  EXPECT_TRUE(cluster_.make({"kata", "kata-qemu", "", ""}));
  answers_[get] = {200, R"({"handler": "other"})"};
  auto refused = cluster_.make({"kata", "kata-qemu", "", ""});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("with the handler other, and is not this installer's"));
  asked_.clear();
  EXPECT_TRUE(cluster_.remove_runtime_class("kata"));
  EXPECT_THAT(asked_, ElementsAre(get));
}

TEST_F(ClusterTest, OurOwnRuntimeClassGoes) {
  answers_[concat("GET ", kClasses, "/kata")] = {
      200, R"({"metadata": {"labels": {"app.kubernetes.io/managed-by": "kata-deploy"}}})"};
  answers_[concat("DELETE ", kClasses, "/kata")] = {200, "{}"};
  EXPECT_TRUE(cluster_.remove_runtime_class("kata"));
  EXPECT_EQ(asked_.back(), concat("DELETE ", kClasses, "/kata"));
  EXPECT_TRUE(cluster_.remove_runtime_class("not-there"));
}

TEST_F(ClusterTest, ADaemonSetThatIsGoingIsGone) {
  auto get = std::string("GET /apis/apps/v1/namespaces/kube-system/daemonsets/d");
  for (auto [status, body, there] : {std::tuple{200, R"({"metadata": {}})", true},
                                     {200, R"({"metadata": {"deletionTimestamp": "now"}})", false},
                                     {404, "{}", false},
                                     {403, "{}", false},
                                     {401, "{}", false}}) {
    answers_[get] = {status, body};
    EXPECT_EQ(cluster_.has_daemon_set("kube-system", "d").value(), there) << status << body;
  }
  answers_[get] = {200, "{"};
  EXPECT_FALSE(cluster_.has_daemon_set("kube-system", "d"));
}

TEST_F(ClusterTest, AWarningNamesItsNode) {
  answers_["POST /api/v1/namespaces/default/events"] = {201, "{}"};
  ASSERT_TRUE(cluster_.warn("one", "Why", "because", "2026-11-30T00:00:00Z"));
  EXPECT_THAT(asked_.back(), HasSubstr(R"("involvedObject":{"kind":"Node","name":"one","uid":"one"})"));
}

}  // namespace
}  // namespace kata::deploy
