"""The emulators answer the vendors' own clients, so that they are not only our belief. (Loki and Argo CD have no Python client.)"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import elasticsearch
import github
import gitlab
import kubernetes
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdklts.v2 import ListLogsRequest, LtsClient, QueryLtsLogParams

from kuaihui.emulators.elasticsearch.server import Elasticsearch as ElasticsearchServer
from kuaihui.emulators.github.server import GitHub as GitHubServer
from kuaihui.emulators.gitlab.server import GitLab as GitLabServer
from kuaihui.emulators.kubernetes.server import Kubernetes as KubernetesServer
from kuaihui.emulators.listening import on_loopback
from kuaihui.emulators.lts.server import Lts as LtsServer
from tests.integrations.asking import NOW

MINUTE = timedelta(minutes=1)


async def asked(call: Callable[[], Any]) -> Any:
    """
    Clients that block are asked in a thread: the emulator runs in this one's loop.

    Any: half of these clients have no types, and the others' are made by machine.
    """
    return await asyncio.to_thread(call)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@asynccontextmanager
async def gitlab_of(server: GitLabServer) -> AsyncGenerator[gitlab.Gitlab]:
    async with on_loopback(server.app()) as url:
        yield gitlab.Gitlab(url=url, private_token="right", timeout=10, keep_base_url=True, retry_transient_errors=False)


async def test_python_gitlab_turns_the_pages_of_deployments() -> None:
    server = GitLabServer(token="right", page=3)
    for number in range(8):
        entry = {"id": number, "updated_at": iso(NOW - number * MINUTE), "status": "success", "environment": {"name": "production"}}
        server.put("config/center", "deployments", entry)
    async with gitlab_of(server) as client:
        deployments = client.projects.get("config/center", lazy=True).deployments
        since = iso(NOW - 5 * MINUTE)
        found = await asked(lambda: deployments.list(order_by="updated_at", sort="desc", updated_after=since, get_all=True))
        assert [one.id for one in found] == [0, 1, 2, 3, 4, 5]
        with pytest.raises(gitlab.GitlabListError, match="must be paired"):
            await asked(lambda: deployments.list(updated_after=since))


async def test_python_gitlab_reads_merges_and_pipelines() -> None:
    server = GitLabServer(token="right")
    merged = {"iid": 1, "title": "Cache", "state": "merged", "target_branch": "main", "updated_at": iso(NOW), "merged_at": iso(NOW)}
    server.put("config/center", "merge_requests", merged)
    server.put("config/center", "merge_requests", merged | {"iid": 2, "target_branch": "other"})
    server.put("config/center", "pipelines", {"id": 7, "status": "failed", "ref": "main", "updated_at": iso(NOW)})
    async with gitlab_of(server) as client:
        project = client.projects.get("config/center", lazy=True)
        merges = await asked(lambda: project.mergerequests.list(state="merged", target_branch="main", get_all=True))
        assert [(one.iid, one.merged_at) for one in merges] == [(1, iso(NOW))]
        assert [one.status for one in await asked(lambda: project.pipelines.list(ref="main", get_all=True))] == ["failed"]


async def test_python_gitlab_is_refused_with_a_wrong_token_and_an_unknown_project() -> None:
    server = GitLabServer(token="wrong")
    async with gitlab_of(server) as client:
        with pytest.raises(gitlab.GitlabAuthenticationError):
            await asked(client.projects.get("nobody/knows", lazy=True).pipelines.list)
        server.token = "right"
        with pytest.raises(gitlab.GitlabListError, match="404"):
            await asked(client.projects.get("nobody/knows", lazy=True).pipelines.list)


@asynccontextmanager
async def github_of(server: GitHubServer) -> AsyncGenerator[github.Github]:
    async with on_loopback(server.app()) as url:
        client = github.Github(base_url=url, auth=github.Auth.Token("right"), retry=None, per_page=100, seconds_between_requests=None)
        yield client
        client.close()


async def test_pygithub_turns_the_pages_of_deployments_and_reads_their_states() -> None:
    server = GitHubServer(token="right", page=3)
    for number in range(8):
        entry = {"id": number, "url": "", "created_at": iso(NOW - number * MINUTE), "ref": "main", "sha": "a9", "environment": "production"}
        server.put("config/center", "deployments", entry)
    server.statuses[0] = [{"state": "success"}, {"state": "pending"}]
    async with github_of(server) as client:
        repository = await asked(lambda: client.get_repo("config/center"))
        found = await asked(lambda: list(repository.get_deployments(environment="production")))
        assert [one.id for one in found] == list(range(8))
        assert found[0].created_at == NOW


async def test_pygithub_reads_pulls_and_runs() -> None:
    server = GitHubServer(token="right")
    pull = {"number": 3, "title": "Cache", "state": "closed", "created_at": iso(NOW), "updated_at": iso(NOW), "base": {"ref": "main"}}
    server.put("config/center", "pulls", pull | {"merged_at": iso(NOW)})
    server.put("config/center", "runs", {"id": 7, "created_at": iso(NOW), "head_branch": "main", "conclusion": "failure"})
    async with github_of(server) as client:
        repository = await asked(lambda: client.get_repo("config/center"))
        pulls = await asked(lambda: list(repository.get_pulls(state="closed", sort="updated", direction="desc", base="main")))
        runs = await asked(lambda: list(repository.get_workflow_runs(created=f"{iso(NOW - MINUTE)}..{iso(NOW)}")))
        assert [(one.number, one.merged_at) for one in pulls] == [(3, NOW)]
        assert [(one.id, one.conclusion) for one in runs] == [(7, "failure")]


async def test_pygithub_is_told_of_wrong_tokens_unknown_places_and_the_rate_limit() -> None:
    server = GitHubServer(token="wrong")
    async with github_of(server) as client:
        with pytest.raises(github.BadCredentialsException):
            await asked(lambda: client.get_repo("config/center"))
        server.token = "right"
        with pytest.raises(github.UnknownObjectException):
            await asked(lambda: client.get_repo("config/center"))
        server.limited = True
        with pytest.raises(github.RateLimitExceededException):
            await asked(lambda: client.get_repo("config/center"))


@pytest.fixture
async def cluster() -> AsyncGenerator[tuple[KubernetesServer, kubernetes.client.ApiClient]]:
    server = KubernetesServer(token="right")
    async with on_loopback(server.app()) as url:
        access = kubernetes.client.Configuration(host=url, api_key={"authorization": "Bearer right"})
        access.retries = 0
        with kubernetes.client.ApiClient(access) as client:
            yield server, client


async def test_the_kubernetes_client_reads_deployments_and_their_revisions(
    cluster: tuple[KubernetesServer, kubernetes.client.ApiClient],
) -> None:
    server, client = cluster
    server.roll_out("config-center", "config-center:1", NOW - MINUTE)
    server.roll_out("config-center", "config-center:2", NOW)
    apps = kubernetes.client.AppsV1Api(client)
    found = await asked(lambda: apps.read_namespaced_deployment("config-center", "prod"))
    sets = await asked(lambda: apps.list_namespaced_replica_set("prod"))

    assert found.metadata.annotations == {"deployment.kubernetes.io/revision": "2"}
    assert found.status.conditions[0].reason == "NewReplicaSetAvailable"
    assert [one.spec.template.spec.containers[0].image for one in sets.items] == ["config-center:1", "config-center:2"]
    with pytest.raises(kubernetes.client.ApiException, match="NotFound"):
        await asked(lambda: apps.read_namespaced_deployment("nobody", "prod"))


async def test_the_kubernetes_client_reads_argos_rollouts(cluster: tuple[KubernetesServer, kubernetes.client.ApiClient]) -> None:
    server, client = cluster
    server.roll_out("config-center", "config-center:1", NOW, "Rollout")
    custom = kubernetes.client.CustomObjectsApi(client)
    found: Any = await asked(lambda: custom.get_namespaced_custom_object("argoproj.io", "v1alpha1", "prod", "rollouts", "config-center"))
    assert found["status"]["phase"] == "Healthy"


@pytest.fixture
async def search() -> AsyncGenerator[tuple[ElasticsearchServer, elasticsearch.AsyncElasticsearch]]:
    server = ElasticsearchServer(key="right", window=100)
    async with on_loopback(server.app()) as url, elasticsearch.AsyncElasticsearch(url, api_key="right", max_retries=0) as client:
        yield server, client


def query(size: int = 100) -> dict[str, Any]:
    """What our carrier asks for."""
    since, until = (round(at.timestamp() * 1000) for at in (NOW - MINUTE, NOW))
    span = {"range": {"@timestamp": {"gte": since, "lte": until, "format": "epoch_millis"}}}
    return {"size": size, "sort": [{"@timestamp": "desc"}], "query": {"bool": {"filter": [span]}}}


async def test_the_elasticsearch_client_reads_hits(search: tuple[ElasticsearchServer, elasticsearch.AsyncElasticsearch]) -> None:
    server, client = search
    server.documents["app-1"] = [{"@timestamp": (NOW - timedelta(seconds=one)).isoformat(), "message": "timeout"} for one in range(3)]
    found = await client.search(index="app-*", **query())

    assert [one["_source"]["message"] for one in found["hits"]["hits"]] == ["timeout"] * 3
    assert found["_shards"]["failed"] == 0


async def test_the_elasticsearch_client_is_told_what_is_wrong(
    search: tuple[ElasticsearchServer, elasticsearch.AsyncElasticsearch],
) -> None:
    server, client = search
    with pytest.raises(elasticsearch.NotFoundError, match="index_not_found_exception"):
        await client.search(index="nobody", **query())
    with pytest.raises(elasticsearch.BadRequestError, match="illegal_argument_exception"):
        await client.search(index="app-*", **query(size=101))
    server.key = "other"
    with pytest.raises(elasticsearch.AuthenticationException):
        await client.search(index="app-*", **query())


def lts_of(url: str, access_key: str = "right") -> Any:
    """Huawei's own client; it has no retries of its own."""
    timing = HttpConfig.get_default_config()
    timing.timeout = (3, 10)
    credentials = BasicCredentials(access_key, "sk", "p1")
    return LtsClient.new_builder().with_http_config(timing).with_credentials(credentials).with_endpoint(url).build()


def lts_query(**more: Any) -> ListLogsRequest:
    span = {"start_time": str(round((NOW - MINUTE).timestamp() * 1000)), "end_time": str(round(NOW.timestamp() * 1000))}
    body = QueryLtsLogParams(**span, is_desc=True, highlight=False, **more)
    return ListLogsRequest(log_group_id="g1", log_stream_id="s1", body=body)


async def test_huaweis_client_turns_the_pages_of_lts() -> None:
    server = LtsServer(access_key="right")
    for number in range(1, 6):
        at = round((NOW - timedelta(seconds=number)).timestamp()) * 1_000_000_000
        server.records.append((at, {"appName": "config-center"}, f"ERROR redis timeout {number}"))
    async with on_loopback(server.app()) as url:
        client = lts_of(url)
        first = await asked(lambda: client.list_logs(lts_query(limit=3, keywords="redis")))
        after = first.logs[-1].line_num
        second = await asked(lambda: client.list_logs(lts_query(limit=3, keywords="redis", line_num=after, search_type="backwards")))

    assert [one.content[-1] for one in (*first.logs, *second.logs)] == ["1", "2", "3", "4", "5"]
    assert first.is_query_complete


async def test_huaweis_client_is_told_of_wrong_keys() -> None:
    async with on_loopback(LtsServer(access_key="right").app()) as url:
        with pytest.raises(ClientRequestException) as refused:
            await asked(lambda: lts_of(url, "wrong").list_logs(lts_query(limit=3)))
    assert (refused.value.status_code, refused.value.error_code) == (401, "LTS.0003")
