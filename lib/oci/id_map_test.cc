#include "lib/oci/id_map.h"

#include <gtest/gtest.h>

namespace kata::oci {
namespace {

void add(IdMappings& mappings, uint32_t inside, uint32_t outside, uint32_t size) {
  auto& map = *mappings.Add();
  map.set_containerid(inside);
  map.set_hostid(outside);
  map.set_size(size);
}

grpc::Mount bind_mount() {
  grpc::Mount mount;
  mount.set_destination("/data");
  mount.set_type("bind");
  mount.add_options("rbind");
  return mount;
}

TEST(IdMapTest, TextAndIds) {
  IdMappings mappings;
  EXPECT_EQ(id_outside(mappings, 5), 5U);
  add(mappings, 0, 100000, 1000);
  add(mappings, 2000, 7, 1);
  EXPECT_EQ(id_map_text(mappings), "0 100000 1000\n2000 7 1\n");
  EXPECT_EQ(id_outside(mappings, 999), 100999U);
  EXPECT_EQ(id_outside(mappings, 1000), std::nullopt);
  EXPECT_EQ(id_outside(mappings, 2000), 7U);
}

TEST(IdMapTest, AMountWithItsOwnMappings) {
  auto mount = bind_mount();
  EXPECT_FALSE(id_map_of(mount, {})->has_value());
  add(*mount.mutable_uid_mappings(), 0, 5, 1);
  add(*mount.mutable_gid_mappings(), 0, 6, 1);
  auto map = id_map_of(mount, {});
  ASSERT_TRUE(map.ok() && *map);
  EXPECT_FALSE((*map)->recursive);
  EXPECT_EQ(id_map_text((*map)->gids), "0 6 1\n");
  mount.add_options("ridmap");
  EXPECT_TRUE((*id_map_of(mount, {}))->recursive);
  remove_id_map(mount);
  EXPECT_FALSE(id_map_of(mount, {})->has_value());
  ASSERT_EQ(mount.options_size(), 1);
  EXPECT_EQ(mount.options(0), "rbind");
}

TEST(IdMapTest, AMountWithThoseOfTheUserNamespace) {
  auto mount = bind_mount();
  mount.add_options("idmap");
  auto without = id_map_of(mount, {});
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().message().find("/data"), std::string::npos);
  grpc::Linux linux;
  add(*linux.mutable_uidmappings(), 0, 100000, 65536);
  add(*linux.mutable_gidmappings(), 0, 200000, 65536);
  auto map = id_map_of(mount, linux);
  ASSERT_TRUE(map.ok() && *map);
  EXPECT_EQ(id_map_text((*map)->uids), "0 100000 65536\n");
}

TEST(IdMapTest, OnlyBindMounts) {
  grpc::Mount mount;
  mount.set_destination("/data");
  mount.set_type("tmpfs");
  mount.add_options("idmap");
  auto map = id_map_of(mount, {});
  ASSERT_FALSE(map.ok());
  EXPECT_NE(map.error().message().find("only a bind mount"), std::string::npos);
}

}  // namespace
}  // namespace kata::oci
