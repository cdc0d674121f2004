// SPDX-License-Identifier: Apache-2.0
/* What stands around every view. */
import type { ComponentChildren } from 'preact';
import { say } from '../strings.ts';

export function Page(props: { name: string; footer: string; children: ComponentChildren }) {
	return <>
		<header class="top"><span class="brand">{props.name || say.product}</span></header>
		<main>{props.children}</main>
		<footer class="bottom"><p>{props.footer}</p><p><a href="/about" target="_blank" rel="noopener">{say.about}
			<span class="unseen"> ({say.newTab})</span></a></p></footer>
	</>;
}
