/* Counts the instructions that an emulated aarch64 program executes: a plugin of qemu-aarch64.
 *
 * usage: qemu-aarch64 -plugin ./insn.so,counts=COUNTS program ...
 *
 * The program marks where counting begins and ends by getpriority(MARK, number), which fails and
 * does nothing else. Every mark appends to COUNTS the line
 *
 *     number instructions dot half single
 *
 * with what was executed since the start: all instructions; of these, the 8-bit dot products;
 * the fused multiply-adds of vectors of half-precision numbers; those of single-precision ones.
 * Instructions are counted where the translated block is entered, by one thread without locks:
 * programs must compute in one thread.
 *
 * Debian ships no header for plugins, so what is used of QEMU's interface (version 1, in QEMU
 * 6.0 to 8.x) is declared here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK 0x41524d4cu
#define GETPRIORITY 141 /* on aarch64 */
#define INLINE_ADD 0    /* QEMU_PLUGIN_INLINE_ADD_U64 */

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct {
    const char *target_name;
    struct {
        int min, cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus, max_vcpus;
    } system;
} qemu_info_t;
typedef void (*translated)(plugin_id, struct qemu_plugin_tb *);
typedef void (*called)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                       uint64_t, uint64_t, uint64_t, uint64_t);

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *,
                                                     uint64_t);
extern void qemu_plugin_register_vcpu_syscall_cb(plugin_id, called);

EXPORT int qemu_plugin_version = 1;

enum { ALL, DOT, HALF, SINGLE, KINDS };
static uint64_t executed[KINDS];
static FILE *counts;

/* What an A64 instruction word is: vector and by-element forms of each. */
static int kind(uint32_t word) {
    if ((word & 0x9fe0fc00) == 0x0e809400 || (word & 0x9fc0f400) == 0x0f80e000)
        return DOT; /* SDOT, UDOT */
    if ((word & 0xbfe0fc00) == 0x0e400c00 || (word & 0xbfc0f400) == 0x0f001000)
        return HALF; /* FMLA .4h, .8h */
    if ((word & 0xbfa0fc00) == 0x0e20cc00 || (word & 0xbfc0f400) == 0x0f801000)
        return SINGLE; /* FMLA .2s, .4s (vector: .2d, too) */
    return ALL;
}

static void on_block(plugin_id id, struct qemu_plugin_tb *block) {
    uint64_t found[KINDS] = {0};
    found[ALL] = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < found[ALL]; i++) {
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i)), sizeof word);
        if (kind(word) != ALL)
            found[kind(word)]++;
    }
    for (int k = 0; k < KINDS; k++)
        if (found[k])
            qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD, &executed[k], found[k]);
}

static void on_call(plugin_id id, unsigned cpu, int64_t number, uint64_t first, uint64_t second,
                    uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7,
                    uint64_t a8) {
    if (number != GETPRIORITY || (uint32_t)first != MARK)
        return;
    fprintf(counts, "%d", (int)second);
    for (int k = 0; k < KINDS; k++)
        fprintf(counts, " %llu", (unsigned long long)executed[k]);
    fputc('\n', counts);
    fflush(counts);
}

EXPORT int qemu_plugin_install(plugin_id id, const qemu_info_t *info, int argc, char **argv) {
    if (strcmp(info->target_name, "aarch64") || info->system_emulation) {
        fputs("insn: counts programs of aarch64 only\n", stderr);
        return 1;
    }
    if (argc != 1 || strncmp(argv[0], "counts=", 7) || !(counts = fopen(argv[0] + 7, "w"))) {
        fputs("insn: give counts=COUNTS, a file that can be written\n", stderr);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
    qemu_plugin_register_vcpu_syscall_cb(id, on_call);
    return 0;
}
