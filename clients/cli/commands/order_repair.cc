// order replay-dead and reconcile: verbs that look for faults and mend them.

#include <algorithm>
#include <map>
#include <ostream>

#include "clients/cli/cli.h"
#include "clients/cli/commands/order.h"
#include "clients/cli/commands/order_repair_view.h"
#include "clients/cli/commands/queue.h"

namespace trellis::cli {
namespace {

namespace v1 = order::v1;

constexpr int kMaxDead = 1000;  // of order.proto
// So many repairs fit into the time of a call.
constexpr int kPage = 500;

absl::StatusOr<v1::ListDeadMessagesResponse> ListDead(OrderClient& client,
                                                      const Arguments& arguments) {
  v1::ListDeadMessagesRequest request;
  request.set_queue(DeadQueueOf(arguments.Text("queue")));
  request.set_limit(arguments.Number("limit"));
  return client.Call(&OrderClient::Stub::ListDeadMessages, request);
}

ExitCode ShowDead(OrderClient& client, const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  const auto dead = ListDead(client, arguments);
  if (!dead.ok()) return ReportFailure(dead.status(), arguments, terminal);
  if (arguments.On("json")) {
    PrintJson(*dead, terminal);
  } else if (dead->messages().empty()) {
    terminal.Say("no dead messages");
  } else {
    terminal.out << DeadMessageTable(dead->messages(), context.clock.WallNow()).Render(terminal)
                 << std::flush;
    if (dead->left() > 0) terminal.Say("there are " + std::to_string(dead->left()) + " more");
  }
  return ExitCode::kOk;
}

// Whether to go on; if not, what to exit with.
std::optional<ExitCode> AskToReplay(OrderClient& client, const Arguments& arguments,
                                    Terminal& terminal) {
  if (arguments.On("yes")) return std::nullopt;
  if (!terminal.CanAsk()) {
    return UsageError(arguments.command(),
                      "replay-dead sends messages again; without a terminal to ask on, say --yes "
                      "or --dry-run",
                      terminal);
  }
  const auto dead = ListDead(client, arguments);
  if (!dead.ok()) return ReportFailure(dead.status(), arguments, terminal);
  if (dead->messages().empty()) {
    terminal.Say("no dead messages");
    return ExitCode::kOk;
  }
  if (terminal.Confirm("Bring " + Counted(dead->messages_size(), "dead message") + " back?")) {
    return std::nullopt;
  }
  terminal.Say("nothing was brought back");
  return ExitCode::kFailed;
}

ExitCode ReplayDead(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  OrderClient client(ClientOptions(arguments));
  if (arguments.On("dry-run")) return ShowDead(client, arguments, context);
  if (const auto code = AskToReplay(client, arguments, terminal)) return *code;
  v1::ReplayDeadMessagesRequest request;
  request.set_queue(DeadQueueOf(arguments.Text("queue")));
  request.set_limit(arguments.Number("limit"));
  const auto replay = client.Call(&OrderClient::Stub::ReplayDeadMessages, request);
  if (!replay.ok()) {
    const ExitCode code = ReportFailure(replay.status(), arguments, terminal);
    terminal.Hint("Some may have been brought back; none is lost, and a repeat is safe.");
    return code;
  }
  if (arguments.On("json")) PrintJson(*replay, terminal);
  terminal.Say(Counted(replay->replayed(), "message") + " brought back" +
               (replay->left() > 0 ? ", " + std::to_string(replay->left()) + " left" : ""));
  return ExitCode::kOk;
}

// All pages as one answer.
absl::StatusOr<v1::ReconcileOrdersResponse> FetchAll(OrderClient& client,
                                                     v1::ReconcileOrdersRequest request,
                                                     v1::ReconcileOrdersResponse* all) {
  std::map<std::string, v1::SkuAccount> skus;
  do {
    auto page = client.Call(&OrderClient::Stub::ReconcileOrders, request);
    if (!page.ok()) return page.status();
    for (v1::Finding& finding : *page->mutable_findings()) {
      *all->add_findings() = std::move(finding);
    }
    all->set_examined(all->examined() + page->examined());
    for (const v1::SkuAccount& account : page->skus()) {
      v1::SkuAccount& sum = skus[account.sku()];
      sum.set_sku(account.sku());
      sum.set_ledger(sum.ledger() + account.ledger());
      sum.set_reserved(sum.reserved() + account.reserved());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  for (auto& [sku, sum] : skus) *all->add_skus() = std::move(sum);
  return *all;
}

ExitCode Reconcile(const Arguments& arguments, Context& context) {
  Terminal& terminal = context.terminal;
  OrderClient client(ClientOptions(arguments));
  v1::ReconcileOrdersRequest request;
  request.set_repair(arguments.On("repair"));
  request.set_page_size(kPage);
  request.set_older_than_ms(arguments.Duration("older-than").count());
  v1::ReconcileOrdersResponse all;
  const auto result = FetchAll(client, std::move(request), &all);
  if (!result.ok()) {
    const ExitCode code = ReportFailure(result.status(), arguments, terminal);
    if (all.examined() > 0) {
      terminal.Hint("It ended after " + std::to_string(all.examined()) + " with " +
                    Counted(all.findings_size(), "finding") + "; a repeat is safe.");
    }
    return code;
  }
  const auto repaired =
      std::count_if(all.findings().begin(), all.findings().end(),
                    [](const v1::Finding& finding) { return finding.repaired(); });
  if (arguments.On("json")) {
    PrintJson(all, terminal);
  } else {
    if (!all.findings().empty()) terminal.out << FindingTable(all.findings()).Render(terminal);
    terminal.out << RenderAccounts(all.skus(), terminal) << std::flush;
  }
  terminal.Say("examined " + std::to_string(all.examined()) + ": " +
               Counted(all.findings_size(), "finding") +
               (repaired > 0 ? ", " + std::to_string(repaired) + " repaired" : ""));
  return repaired == all.findings_size() ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

Command OrderReplayDeadCommand() {
  return {.name = "order replay-dead",
          .summary = "Brings dead messages back to their queues, the oldest first",
          .examples = {{"order replay-dead --dry-run", "only shows them"},
                       {"order replay-dead --queue notifier", "asks first"},
                       {"order replay-dead --limit 10 --yes", "does not"}},
          .flags = OrderFlags({{.name = "queue",
                                .kind = FlagKind::kChoice,
                                .value = "QUEUE",
                                .help = "Whose dead, one of",
                                .default_value = "all",
                                .choices = {"orders", "notifier", "all"}},
                               {.name = "limit",
                                .kind = FlagKind::kNumber,
                                .value = "N",
                                .help = "How many of each queue, 1 to 1000",
                                .default_value = "100",
                                .min = 1,
                                .max = kMaxDead},
                               {.name = "dry-run", .help = "Show them and leave them there"},
                               {.name = "yes", .help = "Do not ask"}}),
          .notes =
              "No message is lost; after a crash one may come twice, which does no harm.\n"
              "One that can never succeed will be dead again.",
          .run = ReplayDead};
}

Command OrderReconcileCommand() {
  return {.name = "order reconcile",
          .summary = "Compares what Postgres and Redis know of orders, and repairs it",
          .examples = {{"order reconcile", "only reports"},
                       {"order reconcile --repair"},
                       {"order reconcile --older-than 10m --json | jq '.findings[].kind'"}},
          .flags = OrderFlags({{.name = "repair", .help = "Repair what can be repaired"},
                               {.name = "older-than",
                                .kind = FlagKind::kDuration,
                                .value = "TIME",
                                .help = "Leave out what happened within this time",
                                .default_value = "60s"}}),
          .notes =
              "Exits with 0 when nothing was found or all of it was repaired, with 1 when\n"
              "findings remain. Orders that wait in a long queue look as if their message\n"
              "was lost: choose --older-than beyond it.",
          .run = Reconcile};
}

}  // namespace trellis::cli
