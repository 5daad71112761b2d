using Deq.Benchmarks;
using Deq.Benchmarks.Bilevel;
using Deq.Benchmarks.Flow;
using Deq.Benchmarks.Joint;
using Deq.Benchmarks.Joint.Probes;
using Deq.Benchmarks.Reasoning;
using Deq.Benchmarks.Restoration;
using Deq.Benchmarks.Serving;
using Deq.Benchmarks.Serving.Door;
using Deq.Benchmarks.Serving.Fairness;
using Deq.Benchmarks.Trust;

Benchmark[] benchmarks =
[
    new("overhead", "time of a solve outside f on the reference cell, and what is allocated", Overhead.Run),
    new("methods", "evaluations of every method on the named problems and the shipped models", MethodCounts.Run),
    new("sampled", "evaluations of Anderson acceleration on shipped models, with exact products and with estimated ones", SampledProducts.Run),
    new("mixed", "evaluations of a batch of unequal difficulty against the sum alone", MixedBatch.Run),
    new("load", "the running server under open-loop load: goodput, deadlines, overload", Load.Run),
    new("vanish", "500 clients of the running server that go away in the middle of their solves", VanishingClients.Run),
    new("fairness", "what one client's attacks cost another, what clients that hang up leave behind, how soon the server stops", FairnessResults.Run),
    new("door", "reloads under load, a hundred thousand requests, a million wrong keys, mutated requests, keys of unequal weight", DoorResults.Run),
    new("http", "what the server adds to the bare solve for a body of 64 KiB", HttpOverhead.Run),
    new("engine", "layouts, deadlines, vanishing callers and batching of the engine on a shipped model", EngineBehaviour.Run),
    new("device", "time outside f with states in host memory and in the memory of ONNX Runtime's device", DeviceStates.Run),
    new("warm-starts", "what a stream adds to a frame: the state carried to it, its sketch", WarmStartCosts.Run),
    new("gradients", "every gradient estimator against the exact gradient, its time and its memory", GradientComparison.Run),
    new("estimators", "one classifier trained by every gradient estimator: accuracy, time, what Jacobian regularization saves", EstimatorComparison.Run),
    new("bilevel", "regularization of logistic regression by its hyper-gradient, every way to get one", BilevelSearches.Run),
    new("tune-regularization", "chooses the regularization of logistic regression on a file of examples", TuneRegularizationCommand.Run),
    new("flow-peers", "a flow model against zero flow, Farnebäck and OpenCV's DIS on pairs with truth, and its warm starts on clips", FlowPeers.Run),
    new("flow", "time and memory per pair of frames of a flow model, and the page of all its results", FlowCosts.Run),
    new("trust", "votes weighted by trust: believed against actual accuracy, bounds, crowds with known truth", TrustMeasurements.Run),
    new("ensemble", "an ensemble of classifiers on held-out images: against its best member, believed against actual accuracy, accuracy levels", EnsembleAccuracy.Run),
    new("feedback", "100,000 feedbacks from 16 clients to a server that is killed on the way", KilledServer.Run),
    new("joint", "joint inference against projected gradient descent: evaluations and products to the same loss", JointInference.Run),
    new("probe", "the smallest change of an image that changes its label: the server's probe against projected gradient descent", ProbeResults.Run),
    new("adversarial", "by how much images must change for another label, of classifiers trained with changed images and without", AdversarialResults.Run),
    new("reasoning", "exact answers of the reasoners by size and difficulty, by effort and from several starts", ReasoningResults.Run),
    new("restore", "a restorer on every damage beside what libraries have, in colour, by tolerance and budget, and its time", RestorationResults.Run),
    new("restore-video", "frames of videos restored each from where the last one ended, beside the same frames restored alone", RestorationClips.Run),
    new("restore-gradients", "a restorer trained by the implicit gradient and by phantom gradients", RestorationGradients.Run),
];

if (args is [string name, .. string[] rest] && benchmarks.FirstOrDefault(benchmark => benchmark.Name == name) is { } chosen)
{
    return chosen.Run(rest);
}

Console.Error.WriteLine("Usage: dotnet run --project tests/Deq.Benchmarks -c Release -- <name> [--json file] [--markdown file]");
foreach (Benchmark benchmark in benchmarks)
{
    Console.Error.WriteLine($"  {benchmark.Name,-19} {benchmark.Summary}");
}

return 2;
