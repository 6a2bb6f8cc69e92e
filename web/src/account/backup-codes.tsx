import Check from 'lucide-solid/icons/check'
import Copy from 'lucide-solid/icons/copy'
import Download from 'lucide-solid/icons/download'
import Printer from 'lucide-solid/icons/printer'
import { For, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { createCopier } from './copy'
import { saveFile } from './save-file'

/** Codes that are shown this once, with every way to keep them. */
export function BackupCodes(props: { codes: readonly string[]; email: string; onDone(): void }) {
  let list!: HTMLUListElement
  const copier = createCopier(() => getSelection()?.selectAllChildren(list))
  const heading = () => t('Backup codes of {email} for Snug at {host}', { email: props.email, host: location.host })
  const text = () => `${heading()}\n\n${props.codes.join('\n')}\n`
  return (
    <>
      <div data-print>
        <p class="mb-3 hidden text-title font-semibold print:block">{heading()}</p>
        <ul ref={list} aria-label={t('Backup codes')} dir="ltr" class="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-control border border-line bg-sunken px-4 py-3.5 font-mono text-body tabular-nums">
          <For each={props.codes}>{(code) => <li class="text-center">{code}</li>}</For>
        </ul>
      </div>
      <div class="grid grid-cols-3 gap-2">
        <Button variant="outline" class="px-2" onClick={() => void copier.copy(text())}>
          <Show when={copier.state() === 'copied'} fallback={<Copy class="size-4" aria-hidden="true" />}>
            <Check class="size-4" aria-hidden="true" />
          </Show>
          {copier.state() === 'copied' ? t('Copied') : copier.state() === 'selected' ? t('Selected') : t('Copy')}
        </Button>
        <Button variant="outline" class="px-2" onClick={() => saveFile(new Blob([text()], { type: 'text/plain' }), 'snug-backup-codes.txt')}>
          <Download class="size-4" aria-hidden="true" />
          {t('Save')}
        </Button>
        <Button variant="outline" class="px-2" onClick={() => print()}>
          <Printer class="size-4" aria-hidden="true" />
          {t('Print')}
        </Button>
      </div>
      <span role="status" class="sr-only">{copier.state() === 'copied' ? t('Copied') : ''}</span>
      <DialogFooter>
        <Button autofocus onClick={() => props.onDone()}>{t('I have kept them')}</Button>
      </DialogFooter>
    </>
  )
}
