using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Tasks.Flow;
using Spectre.Console;

namespace Deq.Export.Tasks.Flow.Commands;

/// <summary><c>flow-baselines &lt;dirs&gt;</c>: what a flow model has to beat on pairs with true flow: zero flow and a classical method.</summary>
internal static class FlowBaselinesCommand
{
    public static Command Make()
    {
        var data = new Argument<DirectoryInfo[]>("data")
        {
            Description = "Directories of frame pairs with true flow: FlyingChairs, Sintel, KITTI or Middlebury as they are laid out.",
            Arity = ArgumentArity.OneOrMore,
        };
        var markdown = new Option<FileInfo?>("--markdown") { Description = "Write the table here." };
        var pictures = new Option<DirectoryInfo?>("--pictures") { Description = "Draw truth and estimates in Middlebury's colours here, each pair to one scale." };
        var command = new Command("flow-baselines", "Measures zero flow and Farnebäck's method on pairs with true flow.") { data, markdown, pictures };
        command.SetAction(result =>
        {
            IFlowEstimator[] estimators = [new ZeroFlow(), new FarnebackFlow()];
            List<FlowResult> results = [];
            FlowPictures? drawn = result.GetValue(pictures) is { } folder ? new FlowPictures(folder) : null;
            foreach (DirectoryInfo directory in result.GetRequiredValue(data))
            {
                Measure(directory, estimators, drawn, results);
            }

            string table = FlowComparison.Markdown(results);
            AnsiConsole.Profile.Out.Writer.WriteLine(table);
            OutputFile.Write(result.GetValue(markdown), table);
        });
        return command;
    }

    private static void Measure(DirectoryInfo directory, IFlowEstimator[] estimators, FlowPictures? pictures, List<FlowResult> results)
    {
        FlowDataset dataset = FlowDataset.Open(directory.FullName);
        for (int index = 0; index < dataset.Count; index++)
        {
            FlowPair pair = dataset.Read(index);
            pictures?.Draw(pair.Name, "truth", pair.Truth, pair.Truth);
            foreach (IFlowEstimator estimator in estimators)
            {
                FlowField estimate = estimator.Estimate(pair.First, pair.Second);
                results.Add(FlowResult.Of(pair, estimator.Name, estimate));
                pictures?.Draw(pair.Name, estimator.Name, estimate, pair.Truth);
            }
        }
    }
}
