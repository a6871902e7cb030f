/* Compiles rules with libseccomp: what tests/seccomp/main.rs compares programs with.
 *
 * `resolve TOKEN`  names on standard input, a line each → their numbers on that
 *                  architecture, -1 for those that libseccomp does not know
 * `compile`        `default ACTION`, `badarch ACTION`, `arch TOKEN`,
 *                  `rule ACTION NAME [ARGUMENT OP A B]...` → the program
 */
#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int result, const char *what) {
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", what, strerror(-result));
        exit(1);
    }
}

static int resolve(uint32_t token) {
    char name[128];
    while (scanf("%127s", name) == 1)
        printf("%d\n", seccomp_syscall_resolve_name_arch(token, name));
    return 0;
}

static int compile(void) {
    char line[4096];
    scmp_filter_ctx ctx = NULL;
    int native = 1;
    while (fgets(line, sizeof line, stdin)) {
        char *word = strtok(line, " \n");
        uint32_t number = (uint32_t)strtoul(strtok(NULL, " \n"), NULL, 0);
        if (!strcmp(word, "default")) {
            ctx = seccomp_init(number);
            if (!ctx)
                return 2;
        } else if (!strcmp(word, "badarch")) {
            check(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, number), "badarch");
        } else if (!strcmp(word, "arch")) {
            if (native)
                check(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), "arch");
            native = 0;
            check(seccomp_arch_add(ctx, number), "arch");
        } else {
            const char *name = strtok(NULL, " \n");
            struct scmp_arg_cmp conditions[6];
            unsigned count = 0;
            char *argument;
            while ((argument = strtok(NULL, " \n"))) {
                conditions[count].arg = (unsigned)atoi(argument);
                conditions[count].op = (enum scmp_compare)atoi(strtok(NULL, " \n"));
                conditions[count].datum_a = strtoull(strtok(NULL, " \n"), NULL, 0);
                conditions[count].datum_b = strtoull(strtok(NULL, " \n"), NULL, 0);
                count++;
            }
            check(seccomp_rule_add_array(ctx, number, seccomp_syscall_resolve_name(name), count, conditions), name);
        }
    }
    check(seccomp_export_bpf(ctx, 1), "export");
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "resolve"))
        return resolve((uint32_t)strtoul(argv[2], NULL, 0));
    return argc == 2 ? compile() : 2;
}
