import Globe from 'lucide-solid/icons/globe'
import { For, onMount } from 'solid-js'
import { chooseLanguage, giveBackTyped, languageCodes } from '~/i18n/choose'
import { t } from '~/i18n/i18n'
import { chosenLanguage } from '~/i18n/language'
import { languages } from '~/i18n/languages'

/** Each by its own name: who looks for it may read nothing else of the page. */
export default function LanguageChoice() {
  onMount(giveBackTyped)
  return (
    <label class="mt-5 flex w-fit items-center gap-1.5 px-1 text-meta text-muted">
      <Globe class="size-4" aria-hidden="true" />
      <span class="sr-only">{t('Language')}</span>
      <select
        name="language"
        class="min-h-8 cursor-pointer rounded-control bg-transparent hover:text-ink pointer-coarse:min-h-11"
        onChange={(event) => chooseLanguage(languageCodes.find((code) => code === event.currentTarget.value) ?? null)}
      >
        <option value="">{t('Automatic')}</option>
        <For each={languageCodes}>
          {(code) => <option value={code} lang={code} selected={code === chosenLanguage()}>{languages[code].name}</option>}
        </For>
      </select>
    </label>
  )
}
