import { useRouter, type ErrorComponentProps } from '@tanstack/solid-router'
import { RequestError } from './http'
import { t } from './i18n/i18n'
import { Notice } from './notice'
import { Button } from './ui/button'

/** What stands in a page's place when it can't be shown. */
export function Broken(props: ErrorComponentProps) {
  const router = useRouter()
  return (
    <Notice
      title={props.error instanceof RequestError ? t('No way through') : t('Something broke')}
      text={
        props.error instanceof RequestError
          ? props.error.message
          : t('This page ran into a fault of its own. Trying again often helps; what you wrote is kept.')
      }
    >
      <Button onClick={() => void router.invalidate()}>{t('Try again')}</Button>
    </Notice>
  )
}
