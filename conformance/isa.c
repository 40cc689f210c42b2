// Hides from a program what its processor has beyond AVX2 and FMA: a library for LD_PRELOAD, which isa.py builds.
//
// ARCH_SET_CPUID makes the CPUID instruction fault in this thread and in all that it starts. The handler of the fault executes the
// instruction, clears the bits below, and goes on after it. A program that installs a handler for SIGSEGV of its own dies at its
// next CPUID. Bits are named as in Intel's manual, volume 2, CPUID.
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define SET_CPUID 0x1012 // ARCH_SET_CPUID of <asm/prctl.h>
#define BIT(n) (1u << (n))

enum { EAX, EBX, ECX, EDX };

static void hide(unsigned leaf, unsigned sub, unsigned r[4]) {
  if (leaf == 7 && sub == 0) {
    r[EBX] &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31)); // AVX512F DQ IFMA PF ER CD BW VL
    r[ECX] &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));                                 // AVX512 VBMI VBMI2 VNNI BITALG VPOPCNTDQ
    r[EDX] &= ~(BIT(2) | BIT(3) | BIT(8) | BIT(23));                                            // AVX512 4VNNIW 4FMAPS VP2INTERSECT FP16
    r[EDX] &= ~(BIT(22) | BIT(24) | BIT(25));                                                   // AMX BF16 TILE INT8
  }
  if (leaf == 7 && sub == 1) {
    r[EAX] &= ~(BIT(4) | BIT(5) | BIT(21) | BIT(23));          // AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA
    r[EDX] &= ~(BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19)); // AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX, AVX-VNNI-INT16, AVX10
  }
}

static void fault(int number, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *code = (const unsigned char *)registers[REG_RIP];
  // A fault of protection has no address, and its code can be read.
  if (info->si_code != SI_KERNEL || code[0] != 0x0f || code[1] != 0xa2) {
    signal(number, SIG_DFL);
    return;
  }
  unsigned leaf = registers[REG_RAX], sub = registers[REG_RCX], r[4];
  syscall(SYS_arch_prctl, SET_CPUID, 1);
  __cpuid_count(leaf, sub, r[EAX], r[EBX], r[ECX], r[EDX]);
  syscall(SYS_arch_prctl, SET_CPUID, 0);
  hide(leaf, sub, r);
  registers[REG_RAX] = r[EAX];
  registers[REG_RBX] = r[EBX];
  registers[REG_RCX] = r[ECX];
  registers[REG_RDX] = r[EDX];
  registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void start(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  if (sigaction(SIGSEGV, &action, NULL) != 0 || syscall(SYS_arch_prctl, SET_CPUID, 0) != 0) {
    perror("isa: make CPUID fault");
    _exit(99);
  }
}
