/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cohen's kappa of a square table of counts: (p_o - p_e) / (1 - p_e), p_o the share on the diagonal, p_e the sum over
 * categories of the products of both margins' shares. J. Cohen, "A coefficient of agreement for nominal scales",
 * Educational and Psychological Measurement 20 (1960) 37-46.
 *
 * Where one category is many put together (`open`), two items in it need not be alike. Who is there on both sides is left
 * out, and it adds nothing to p_o and p_e: kappa with weight 0 in that cell (J. Cohen, "Weighted kappa: nominal scale
 * agreement with provision for scaled disagreement or partial credit", Psychological Bulletin 70 (1968) 213-220).
 *
 * Its interval is kappa -+ 1.96 se, cut at -1 and 1, with the large-sample standard error of
 *  - J. L. Fleiss, J. Cohen, B. S. Everitt, "Large sample standard errors of kappa and weighted kappa", Psychological
 *    Bulletin 72 (1969) 323-327, where all cells may be used: n (1 - p_e)^2 se^2 = A + B - C,
 *      A = sum_i p_ii (1 - (p_i. + p_.i)(1 - kappa))^2
 *      B = (1 - kappa)^2 sum_{i != j} p_ij (p_.i + p_j.)^2
 *      C = (kappa - p_e (1 - kappa))^2
 *    (with p_.i and p_j. 0 for the open category, as the same paper's formula for weighted kappa has it)
 *  - Cohen 1960, where only margins and agreement may: n (1 - p_e)^2 se^2 = p_o (1 - p_o). It takes p_e as given. */
#ifndef RS_RECONCILE_KAPPA_H
#define RS_RECONCILE_KAPPA_H
#include <stdbool.h>
#include <stddef.h>

struct rs_kappa {
    double value, se, lower, upper; /* NaN for a table without counts, or where p_e is 1 */
};

/* n[i * k + j]: items that the one puts into category i and the other into j. open: as above, k for none. `cells`: the interval may use all of
 * them; else it says nothing that margins and diagonal sum do not. */
struct rs_kappa rs_kappa(const double *n, size_t k, size_t open, bool cells);

#endif
