// SPDX-License-Identifier: Apache-2.0
/* What stands around every view. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Brand } from '../api.ts';
import { say } from '../strings.ts';

/* Colours are set by script: the page's policy takes no style from markup. */
function Band({ brand, name }: { brand: Brand; name: string }) {
	useEffect(() => {
		if (!brand.button)
			return;
		document.documentElement.style.setProperty('--button', brand.background);
		document.documentElement.style.setProperty('--on-button', brand.ink);
	}, [brand]);
	return <header class="top branded" style={{ background: brand.background, color: brand.ink }}>
		{brand.logo ? <img class="logo" src={brand.logo} alt={name} /> : <span class="brand">{name}</span>}
		{brand.title && <p class="headline">{brand.title}</p>}
	</header>;
}

export function Page(props: { name: string; footer: string; brand?: Brand; children: ComponentChildren }) {
	const name = props.name || say.product, brand = props.brand;
	return <>
		{brand ? <Band brand={brand} name={name} /> : <header class="top"><span class="brand">{name}</span></header>}
		<main>{props.children}</main>
		<footer class="bottom">
			{brand?.disclaimer && <p class="disclaimer">{brand.disclaimer}</p>}
			{brand?.privacy_url && <p><a href={brand.privacy_url} target="_blank" rel="noopener noreferrer">{say.privacy}
				<span class="unseen"> ({say.newTab})</span></a></p>}
			<p>{props.footer}</p><p><a href="/about" target="_blank" rel="noopener">{say.about}
			<span class="unseen"> ({say.newTab})</span></a></p></footer>
	</>;
}
