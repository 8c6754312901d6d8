#include "cli/container/sweep.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/container/store.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

class SweepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    globals_.root = top_.path() + "/root";
    bundle_ = top_.path() + "/bundle";
    ASSERT_TRUE(sys::make_directories(bundle_).ok());
  }
  NewPlace add(const std::string& id, const std::string& bundle) {
    auto made = make_place(globals_, id);
    EXPECT_TRUE(made.ok());
    Record record;
    record.id = id;
    record.sandbox_id = id + "-sweep-test";
    record.bundle = bundle;
    EXPECT_TRUE(made->place.save(record).ok());
    return std::move(made).value();
  }
  std::string left() {
    std::string out;
    auto places = all_places(globals_);
    for (const auto& place : *places) out += place.id() + " ";
    return out;
  }

  TempDir top_;
  std::string bundle_;
  Globals globals_;
};

TEST_F(SweepTest, AnEndedContainerWithoutABundleGoes) {
  add("gone", top_.path() + "/nowhere").lock.release();
  add("stopped", bundle_).lock.release();
  sweep(globals_);
  EXPECT_EQ(left(), "stopped ");
}

TEST_F(SweepTest, OneThatRunsOrIsBeingCreatedStays) {
  auto creating = add("creating", top_.path() + "/nowhere");
  auto running = add("running", top_.path() + "/nowhere");
  auto record = running.place.load();
  ASSERT_TRUE(record.ok());
  record->shim = *mark_process(::getpid());
  ASSERT_TRUE(running.place.save(*record).ok());
  running.lock.release();
  sweep(globals_);
  EXPECT_EQ(left(), "creating running ");
}

TEST_F(SweepTest, WhatAKilledDoHasLeftGoesWhileItsShimRuns) {
  auto own = [&](const std::string& id, const ProcessMark& standin) {
    auto bundle = top_.path() + "/bundle of " + id;
    ASSERT_TRUE(sys::make_directories(bundle).ok());
    auto made = add(id, bundle);
    auto record = made.place.load();
    record->owns_bundle = true;
    record->standin = standin;
    EXPECT_TRUE(made.place.save(*record).ok());
    made.lock.release();
  };
  own("killed", {::getpid(), 1});  // a process of this number, but a later one
  own("running", *mark_process(::getpid()));
  sweep(globals_);
  EXPECT_EQ(left(), "running ");
}

TEST_F(SweepTest, ARecordThatCannotBeReadStays) {
  auto damaged = add("damaged", top_.path() + "/nowhere");
  damaged.lock.release();
  ASSERT_TRUE(sys::write_file(damaged.place.file("record.json"), "{").ok());
  sweep(globals_);
  EXPECT_EQ(left(), "damaged ");
}

TEST_F(SweepTest, ARootThatDoesNotExistHasNone) {
  sweep(globals_);
  EXPECT_FALSE(sys::exists(globals_.root));
}

}  // namespace
}  // namespace kata::cli
