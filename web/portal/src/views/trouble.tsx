// SPDX-License-Identifier: Apache-2.0
/* Every way it can end otherwise, in plain words, with the next step. */
import type { Facts } from '../api.ts';
import { say } from '../strings.ts';
import { FactsList, KeyForm } from './ask.tsx';
import { Card, Title, useSecondsLeft } from './parts.tsx';

export type TroubleName = 'revoked' | 'expired' | 'not_found' | 'not_yours' | 'too_many' | 'try_later' | 'offline' | 'sign_in'
    | 'damaged' | 'old' | 'other';

export interface TroubleFacts { name: TroubleName; retryAt: number }

interface Props {
	trouble: TroubleFacts;
	facts: Facts | null;
	retry(): void;
	switchPerson(): void;
	found(grant: string | null, key: Uint8Array): void;
}

const FINAL: TroubleName[] = ['revoked', 'expired', 'not_found', 'old'];

function Next(props: Props) {
	const left = useSecondsLeft(props.trouble.retryAt);
	const { name } = props.trouble;
	if (left > 0)
		return <p>{say.trouble.wait(left)}</p>;
	if (name === 'not_yours')
		return <button class="main" type="button" onClick={props.switchPerson}>{say.trouble.switch}</button>;
	if (FINAL.includes(name))
		return null;
	return <button class="main" type="button" onClick={props.retry}>
		{name === 'sign_in' ? say.trouble.restart : say.trouble.retry}</button>;
}

export function Trouble(props: Props) {
	const { facts, trouble } = props;
	const [title, text] = say.trouble[trouble.name];
	const gone = trouble.name === 'revoked' || trouble.name === 'expired';
	return <Card>
		<Title>{title}</Title>
		<p>{text}</p>
		{gone && facts && <><p>{say.trouble.contact(facts.sender)}</p><FactsList facts={facts} /></>}
		{trouble.name === 'not_found' && <KeyForm found={props.found} />}
		<Next {...props} />
	</Card>;
}
