"""Procore's REST calls, one method each (vendors/procore.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import httpx2
from msgspec import Struct

from ml_connector.connectors.kit import classify, errors, paging
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.session import Session, Timeouts
from ml_connector.connectors.kit.transport import Rate
from ml_connector.connectors.procore import auth, objects
from ml_connector.connectors.procore.ids import Ids

T = TypeVar("T")
NAMESPACE: Final = "ml-connector"
HOOK_VERSION: Final = "v2"
_FAR: Final = "2099-12-31T23:59:59Z"
"""End of each window. A range needs two ends (§10), and our own clock must not cut off what Procore stamps later."""
_BUSY: Final = timedelta(seconds=5)
"""The wait after a conflict of two writers of one direct cost: nothing was done (§7)."""
_KEYS_PER_CALL: Final = 150
"""Ids in one query string: keeps the address below the 8 kB that many servers take."""
_PROJECTS_PER_PAGE: Final = 300
ANSWER_WITHIN: Final = 60
"""Seconds that we wait for an answer."""
SETTLE: Final = timedelta(minutes=3)
"""How long Procore may still work on a call whose answer was lost: it does not tell, this is on the safe side."""
ROWS_PER_PAGE: Final = 2000
_SMALL_PAGE: Final = 100

OPERATIONS: Final = (
    "token.fetch",
    "token.revoke",
    "reach",
    "me.show",
    "companies.list",
    "projects.list",
    "requisitions.list",
    "requisitions.by_id",
    "requisitions.show",
    "requisitions.update",
    "direct_costs.list",
    "direct_costs.by_id",
    "direct_costs.show",
    "direct_costs.update",
    "direct_cost_lines.changed",
    "direct_cost_lines.list",
    "subcontracts.list",
    "subcontracts.by_id",
    "subcontracts.show",
    "purchase_orders.list",
    "purchase_orders.by_id",
    "purchase_orders.show",
    "commitments.by_origin",
    "commitments.sync",
    "commitment_lines.sync",
    "change_orders.list",
    "change_orders.changed",
    "change_orders.show",
    "budget_views.list",
    "budget_rows.list",
    "vendors.list",
    "vendors.inactive",
    "vendors.by_id",
    "vendors.by_origin",
    "vendors.sync",
    "project_vendors.list",
    "project_vendors.add",
    "cost_code_lists.list",
    "standard_cost_codes.list",
    "standard_cost_codes.sync",
    "payments.list",
    "payments.show",
    "payments.create",
    "payments.unlock",
    "payments.delete",
    "wbs_codes.list",
    "hooks.list",
    "hooks.create",
    "hooks.update",
    "triggers.list",
    "triggers.create",
)


class Listed(Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `following` is the number of the next page, `at` Procore's time of the answer."""

    rows: list[T]
    following: int | None
    at: datetime | None


class Client:
    """An open connection to one company. `window` holds the last call-window headers, for the ping.

    No call leaves with a company or project id that is missing, or is none of the connection's: NotPermitted.
    """

    def __init__(self, context: Context, transport: httpx2.BaseTransport | None = None) -> None:
        """Raises BadConfiguration without a company id."""
        self.context = context
        self.ids = Ids.of(context.settings)
        self.company = self.ids.company
        self.window: dict[str, str] = {}
        self._zones: dict[str, str] | None = None
        self._transport = transport
        self._session = self._opened(auth.login(context, transport))

    def __repr__(self) -> str:
        return f"Client(company={self.company!r})"

    def close(self) -> None:
        self._session.close()

    def log_out(self) -> None:
        """Revoke the token that all processes share."""
        auth.revoke(self.context, self._transport)

    def reach(self) -> None:
        """Whether anything answers at the API address; asked without a token. Raises TryLater when not."""
        with self._opened(None) as session:
            try:
                session.call("reach", "GET", "/rest/v1.0/me", write=False, timeout=10)
            except (errors.BadCredentials, errors.NotPermitted, errors.Refusal):
                return  # a refusal is an answer

    def me(self) -> objects.WireMe:
        return self._call("me.show", "GET", "/rest/v1.0/me", write=False).decode(objects.WireMe)

    def companies(self) -> list[objects.WireNamed]:
        return self.rows("companies.list", "/rest/v1.0/companies", [], objects.WireNamed, _SMALL_PAGE)

    def projects(self) -> list[objects.WireProject]:
        """The connection's projects, as far as they are active and the service account may see them."""
        params = [("company_id", self.company), ("filters[by_status]", "Active")]
        found = self.rows("projects.list", "/rest/v1.1/projects", params, objects.WireProject, _PROJECTS_PER_PAGE)
        self._zones = {str(wire.id): wire.time_zone or "" for wire in found}
        return [wire for wire in found if not self.ids.projects or str(wire.id) in self.ids.projects]

    def project_page(self, *, since: datetime | None, page: int) -> Listed[objects.WireProject]:
        """One page of the connection's projects, active or not, modified at `since` or later (§4.1)."""
        params = [("company_id", self.company), ("filters[by_status]", "All"), *changed_since(since)]
        kind, path = objects.WireProject, "/rest/v1.1/projects"
        listed = self.page("projects.list", path, params, kind, page=page, per_page=_PROJECTS_PER_PAGE)
        rows = [wire for wire in listed.rows if not self.ids.projects or str(wire.id) in self.ids.projects]
        return Listed(rows=rows, following=listed.following, at=listed.at)

    def zone(self, project: str) -> str:
        """The time zone of a project, "" where Procore names none; the list of projects is asked once for all."""
        if self._zones is None:
            self.projects()
        return (self._zones or {}).get(project, "")

    def requisitions(
        self, project: str, *, since: datetime | None, page: int, per_page: int = ROWS_PER_PAGE
    ) -> Listed[objects.WireRequisition]:
        """One page of a project's subcontractor invoices with their items, modified at `since` or later (§6)."""
        params = [("project_id", project), ("view", "items"), *changed_since(since)]
        kind = objects.WireRequisition
        return self.page("requisitions.list", "/rest/v1.1/requisitions", params, kind, page=page, per_page=per_page)

    def requisitions_by_id(self, project: str, ids: Sequence[str]) -> list[objects.WireRequisition]:
        """Those of `ids` that are there and visible."""
        params = [("project_id", project), ("view", "items")]
        return self.by_id("requisitions.by_id", "/rest/v1.1/requisitions", params, objects.WireRequisition, ids)

    def vendors(self) -> list[objects.WireVendor]:
        params = [("company_id", self.company), ("view", "extended")]
        return self.rows("vendors.list", "/rest/v1.0/vendors", params, objects.WireVendor)

    def wbs_codes(self, project: str, status: str = "active") -> list[objects.WireWbsCode]:
        """A project's budget codes (cost code and cost type); an empty `status` stands for all."""
        path = f"/rest/v1.0/projects/{project}/work_breakdown_structure/wbs_codes"
        params = [("filters[status][]", status)] if status else []
        return self.rows("wbs_codes.list", path, params, objects.WireWbsCode)

    def hooks(self, owner: Mapping[str, int]) -> list[objects.WireHook]:
        """Our namespace's hooks of `owner`, which is `{"company_id": …}` or `{"project_id": …}` (§12)."""
        params = [*_texts(owner), ("namespace", NAMESPACE)]
        answer = self._call("hooks.list", "GET", "/rest/v1.0/webhooks/hooks", params=params, write=False)
        return answer.decode(list[objects.WireHook])

    def create_hook(self, owner: Mapping[str, int], url: str, authorization: str) -> objects.WireHook:
        hook = {
            "api_version": HOOK_VERSION,
            "namespace": NAMESPACE,
            "destination_url": url,
            "destination_headers": {"Authorization": authorization},
        }
        body = {**owner, "hook": hook}
        answer = self._call("hooks.create", "POST", "/rest/v1.0/webhooks/hooks", json=body, write=True)
        return answer.decode(objects.WireHook)

    def update_hook(self, owner: Mapping[str, int], hook: int, authorization: str) -> None:
        """Give a hook another secret."""
        body = {**owner, "hook": {"destination_headers": {"Authorization": authorization}}}
        self._call("hooks.update", "PATCH", f"/rest/v1.0/webhooks/hooks/{hook}", json=body, write=True)

    def triggers(self, owner: Mapping[str, int], hook: int) -> list[objects.WireTrigger]:
        path = f"/rest/v1.0/webhooks/hooks/{hook}/triggers"
        answer = self._call("triggers.list", "GET", path, params=_texts(owner), write=False)
        return answer.decode(list[objects.WireTrigger])

    def create_triggers(
        self, owner: Mapping[str, int], hook: int, triggers: Sequence[tuple[str, str]]
    ) -> objects.WireTriggers:
        """Subscribe a hook to pairs of resource and event type; some may be refused (207)."""
        body = {
            **owner,
            "api_version": HOOK_VERSION,
            "triggers": [{"resource_name": name, "event_type": event} for name, event in triggers],
        }
        path = f"/rest/v1.0/webhooks/hooks/{hook}/triggers/bulk"
        return self._call("triggers.create", "POST", path, json=body, write=True).decode(objects.WireTriggers)

    def _opened(self, login: httpx2.Auth | None) -> Session:
        return Session(
            self.context,
            auth.base_url(self.context),
            login,
            connector=auth.CONNECTOR,
            scope=auth.scope(self.context),
            timeouts=Timeouts(read=ANSWER_WITHIN, write=ANSWER_WITHIN),
            classify=self._classify,
            rates=self._rates,
            headers={"Procore-Company-Id": self.company},
            transport=self._transport,
        )

    def rows(
        self,
        operation: str,
        path: str,
        params: Sequence[tuple[str, str]],
        row: type[T],
        per_page: int = ROWS_PER_PAGE,
    ) -> list[T]:
        """All rows of a list, over all its pages."""
        found: list[T] = []
        page: int | None = 1
        while page is not None:
            listed = self.page(operation, path, params, row, page=page, per_page=per_page)
            found += listed.rows
            page = listed.following
        return found

    def by_id(
        self, operation: str, path: str, params: Sequence[tuple[str, str]], row: type[T], ids: Sequence[str]
    ) -> list[T]:
        """Those rows of a list whose ids are asked for, as far as they are there and visible."""
        found: list[T] = []
        for part in paging.batches(ids, _KEYS_PER_CALL):
            found += self.rows(operation, path, [*params, *(("filters[id][]", key) for key in part)], row)
        return found

    def page(
        self,
        operation: str,
        path: str,
        params: Sequence[tuple[str, str]],
        row: type[T],
        *,
        page: int = 1,
        per_page: int = ROWS_PER_PAGE,
    ) -> Listed[T]:
        """One page of a list."""
        paged = [*params, ("page", str(page)), ("per_page", str(per_page))]
        answer = self._call(operation, "GET", path, params=paged, write=False)
        rows: list[T] = answer.decode(list[row])  # type: ignore[valid-type]
        following = paging.next_page(answer.headers, page=page, asked=per_page, rows=len(rows))
        return Listed(rows=rows, following=following, at=answer.date)

    def show(self, operation: str, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """One record. Raises NotFound when it is not there, or not visible."""
        return self._call(operation, "GET", path, params=params, write=False)

    def write(
        self, operation: str, method: str, path: str, body: object = None, params: Sequence[tuple[str, str]] = ()
    ) -> Answer:
        """Change something. Raises AnswerLost, Refusal and the others of kit.errors."""
        return self._call(operation, method, path, params=params, json=body, write=True)

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        json: object = None,
        write: bool,
    ) -> Answer:
        self.ids.require(operation, path, params, json)
        return self._session.call(operation, method, path, params=params, json=json, write=write)

    def _classify(self, answer: Answer) -> errors.VendorError | None:
        """Procore's own meanings (§2, §3, §9.1, §10); None leaves it to the kit."""
        said = classify.words(answer)
        about: dict[str, Any] = {"operation": answer.operation, "status": answer.status}
        if answer.status == 403 and "not connected to this company" in said:
            return errors.BadConfiguration(
                f"Procore company {self.company}: {said} Check company_id, and have an administrator of that company "
                "install the app (Company Admin, App Management)",
                **about,
            )
        if answer.status == 400 and "Procore-Company-Id" in said:
            return errors.BadConfiguration(f"Procore does not accept company_id {self.company}: {said}", **about)
        if answer.status == 409 and answer.operation.startswith("direct_costs."):
            text = f"{answer.operation}: somebody else is changing it at this moment ({said})"
            return errors.TryLater(text, after=_BUSY, **about)
        return None

    def _rates(self, headers: Mapping[str, str]) -> Rate | None:
        """The window that Procore tells of, the hourly or the 10-second one: whichever is nearer (§11)."""
        left, reset = (paging.number(headers, f"x-rate-limit-{name}") for name in ("remaining", "reset"))
        if left is None or reset is None or reset > 99_999_999_999:
            return None
        self.window = {name: headers.get(f"x-rate-limit-{name}", "") for name in ("limit", "remaining", "reset")}
        return Rate(remaining=left, resets=datetime.fromtimestamp(reset, UTC))


def changed_since(since: datetime | None) -> list[tuple[str, str]]:
    """The filter for what was modified at `since` or later; none for everything (§10)."""
    if since is None:
        return []
    return [("filters[updated_at]", f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}...{_FAR}")]


def _texts(owner: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(name, str(key)) for name, key in owner.items()]
