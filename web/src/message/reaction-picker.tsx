import { EmojiPanel } from '~/emoji/panel'
import { t } from '~/i18n/i18n'
import { Float } from './float'

/** Chooses the emoji to react with. */
export function ReactionPicker(props: { anchor: Element | null; onPick(emoji: string): void; onClose(): void }) {
  return (
    <Float anchor={props.anchor} label={t('Choose a reaction')} class="p-0" onClose={props.onClose}>
      <EmojiPanel onPick={props.onPick} />
    </Float>
  )
}
