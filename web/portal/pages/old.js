/* SPDX-License-Identifier: Apache-2.0 */
/* Run only by browsers without modules: says so. */
document.getElementById('old').hidden = false;
