// SPDX-License-Identifier: Apache-2.0
// What a node writes when it starts: features of a new cluster, its own registration, and that it
// leads its partitions again.
#pragma once

#include "cluster/control_context.h"
#include "storage/log_manager.h"

namespace milena {

/// The first records of an empty log, in one metadata transaction. `values` are those that a
/// formatting tool left, if any; else the feature levels are `options.initial_features`.
RecordList bootstrap_records(const ControllerOptions& options, const std::vector<Bytes>& values);

/// Registration of the controller and of the broker, still fenced. The broker's epoch is the offset
/// of its own record; `first` is that of the list's first.
RecordList registration_records(const ImageState& state, const ControllerOptions& options,
                                Offset first);

/// Unfences the broker and makes it lead, in a new epoch, all that it has a committed replica of.
/// What is in a directory that is not online has no leader; of the rest the directory is told.
RecordList activation_records(const ImageState& state, const ControllerOptions& options,
                              const LogManager& logs);

/// The last word of a broker that stops cleanly: fenced, so that whoever starts next on its
/// directory may register at once.
RecordList farewell_records(const ImageState& state, const ControllerOptions& options);

/// An open transaction of somebody who failed is dropped.
RecordList abort_records();

/// UNSUPPORTED_VERSION if the cluster has finalised a level that this node doesn't support.
Result<void> check_features(const ImageState& state, const ControllerOptions& options);

}  // namespace milena
