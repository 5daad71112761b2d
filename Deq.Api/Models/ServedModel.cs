using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling;

namespace Deq.Api.Models;

/// <summary>A model and the engine that answers for it.</summary>
/// <param name="Manifest">What the model promises.</param>
/// <param name="Sha256">The hash that names the bundle's exact contents, lower-case hexadecimal.</param>
/// <param name="Engine">Its engine.</param>
internal sealed record ServedModel(ModelManifest Manifest, string Sha256, InferenceEngine Engine);
