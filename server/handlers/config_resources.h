// SPDX-License-Identifier: Apache-2.0
// What the handlers of configurations share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "server/request.h"

namespace milena {

/// A broker answers for itself alone. INVALID_REQUEST if `name` is no id or that of another node.
Result<void> check_names_this_node(std::string_view name, int32_t node_id);

/// An answer that a node can give without the controller; none: the controller must be asked.
using AnswerHere = std::optional<Result<void>>;

/// Answers an AlterConfigs or IncrementalAlterConfigs row by row: `here(row)` says what this node
/// answers itself, `submit(request, done)` has the controller work on all others.
template <class Response, class Body, class Here, class Submit>
void alter_resources(const Call<Body>& call, Here here, Submit submit) {
    auto rest = std::make_shared<Body>();
    rest->validate_only = call->validate_only;
    std::vector<AnswerHere> answers;
    for (const auto& row : call->resources)
        if (!answers.emplace_back(here(row))) rest->resources.push_back(row);

    auto respond = [call, rest, answers = std::move(answers)](const Response& controller) {
        Response response;
        auto next = controller.responses.begin();
        for (size_t i = 0; i < answers.size(); ++i) {
            auto& result = response.responses.emplace_back();
            if (!answers[i]) {
                result = *next++;
                continue;
            }
            result.resource_type = call->resources[i].resource_type;
            result.resource_name = call->resources[i].resource_name;
            result.error_message = std::nullopt;
            if (*answers[i]) continue;
            result.error_code = static_cast<int16_t>(answers[i]->error().code());
            result.error_message = call.strings().own(answers[i]->error().message());
        }
        call.respond(response);
    };
    if (rest->resources.empty()) return respond(Response());
    submit(*rest, std::move(respond));
}

}  // namespace milena
