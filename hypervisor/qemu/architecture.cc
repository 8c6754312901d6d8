#include "hypervisor/qemu/architecture.h"

#include <array>

namespace kata::hypervisor {

namespace {

constexpr std::array<std::string_view, 2> kPcFamily = {"q35", "pc"};
// Starts PVH and Linux images in a few ms where SeaBIOS takes half a second.
// Paths: Debian and Ubuntu, Fedora, built from source.
constexpr std::array<std::string_view, 4> kPcFirmware = {
    "/usr/share/qemu/qboot.rom", "/usr/share/qemu/bios-microvm.bin", "/usr/share/qboot/bios.bin",
    "/usr/local/share/qemu/qboot.rom"};

constexpr QemuArchitecture kPc = {
    .program = "qemu-system-x86_64",
    .package = "qemu-system-x86",
    .machine = "q35",
    .family = kPcFamily,
    // Each costs boot time in the guest: 0.5 s of 2.2 s under TCG.
    .machine_options = ",hpet=off,smm=off,vmport=off,usb=off,sata=off",
    // The kernel patches itself for each of these at boot, and then pays for their emulation. With "fast" string
    // instructions (erms, fsrm), kernel and libraries move single bytes, each of them an emulated step. KVM in the
    // guest (svm) patches the kernel at boot too, 50 ms: who wants it says cpu_features = "svm=on".
    .emulated_processor = "max,-la57,-smap,-smep,-umip,-pku,erms=off,fsrm=off,svm=off",
    .fast_firmware = kPcFirmware,
};

constexpr std::array<std::string_view, 1> kVirtFamily = {"virt"};

// Never run: from QEMU's documentation (docs/system/arm/virt.rst, cpu-features.rst). What is known to be missing:
// conventional bridges have no ACPI hot-plug on this machine, so devices would have to go into PCIe root ports.
constexpr QemuArchitecture kVirt = {
    .program = "qemu-system-aarch64",
    .package = "qemu-system-arm",
    .machine = "virt",
    .family = kVirtFamily,
    .machine_options = ",gic-version=max",
    // Pointer authentication by a hash that is cheap to emulate, not by the architecture's cipher.
    .emulated_processor = "max,pauth-impdef=on",
    .fast_firmware = {},
};

}  // namespace

const QemuArchitecture& qemu_architecture(const Architecture& architecture) {
  return &architecture == &kArm64 ? kVirt : kPc;
}

}  // namespace kata::hypervisor
