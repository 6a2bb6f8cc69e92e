import { Act, Loaded } from '~/account/parts'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { settingsQuery } from '~/settings'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { NameForm } from './name-form'
import { Ways } from './ways'

/** Names the server. */
export function NameStep(props: { onNext(): void }) {
  const settings = useQuery(() => settingsQuery)
  return (
    <Loaded query={settings} loading={t('Loading the name')} failed={t("The name couldn't be loaded")} skeleton={<Skeleton class="h-44 w-full rounded-card" />}>
      {(s) => (
        <NameForm server={s().server} autofocus onSaved={props.onNext}>
          {(form) => (
            <Ways>
              <Button variant="outline" onClick={() => props.onNext()}>{t('Skip')}</Button>
              <Act action={form.action} label={t('Next')} busyLabel={t('Saving…')} />
            </Ways>
          )}
        </NameForm>
      )}
    </Loaded>
  )
}
