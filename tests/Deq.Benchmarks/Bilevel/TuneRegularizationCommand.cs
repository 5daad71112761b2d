using System.CommandLine;
using Spectre.Console;

namespace Deq.Benchmarks.Bilevel;

/// <summary><c>tune-regularization --data &lt;file&gt; [--gradient way] [--steps n] [--held-out-share s] [--test-share s] [--seed n]</c>.</summary>
internal static class TuneRegularizationCommand
{
    public static int Run(string[] options) => new RootCommand { Make() }.Parse(["tune-regularization", .. options]).Invoke();

    public static Command Make()
    {
        var data = new Option<FileInfo>("--data") { Required = true, Description = "Examples of two classes as LIBSVM text, plain or .gz." };
        var way = new Option<string>("--gradient") { Description = "How the gradient passes the inner minimum.", DefaultValueFactory = _ => "shine-opa" };
        way.AcceptOnlyFromAmong([.. HyperGradients.All.Select(known => known.Name)]);
        Option<int> steps = Whole("--steps", "Outer steps, 1 to 1000. Default 25.", 25, 1, 1000);
        Option<int> seed = Whole("--seed", "Decides the split, at least 0. Default 0.", 0, 0, int.MaxValue);
        Option<double> held = Share("--held-out-share", "Share of the examples that the regularization is chosen by, in [0.001, 0.8]. Default 0.1.", 0.001);
        Option<double> test = Share("--test-share", "Share of the examples to report on, in [0, 0.8]. Default 0.1.", 0);
        var command = new Command("tune-regularization", "Chooses the ℓ2 regularization of logistic regression by its held-out loss.")
        {
            data, way, steps, held, test, seed,
        };
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(
                BilevelSplit.Of(
                    LibsvmReader.Read(result.GetRequiredValue(data).FullName), result.GetValue(held), result.GetValue(test), result.GetValue(seed)),
                HyperGradients.Named(result.GetValue(way)!),
                result.GetValue(steps),
                cancellation),
            CancellationToken.None));
        return command;
    }

    private static void Run(BilevelSplit split, HyperGradient way, int outerSteps, CancellationToken cancellation)
    {
        IReadOnlyList<OuterStep> steps = RegularizationSearch.Run(split, way, outerSteps, cancellation);
        var table = new Table().Border(TableBorder.Markdown)
            .AddColumns("step", "λ", "held-out loss", "test loss", "inner iterations", "Hessian products", "hyper-gradient ms", "seconds");
        for (int i = 0; i < steps.Count; i++)
        {
            OuterStep step = steps[i];
            table.AddRow(
                $"{i + 1}", $"{step.Lambda:E3}", $"{step.HeldOutLoss:F5}", $"{step.TestLoss:F5}", $"{step.InnerIterations}", $"{step.HessianProducts}",
                $"{1000 * step.HyperGradientSeconds:F3}", $"{step.Seconds:F2}");
        }

        AnsiConsole.Write(table);
        OuterStep best = steps.MinBy(step => step.HeldOutLoss)!;
        AnsiConsole.WriteLine(
            $"{split.Train.Labels.Length} examples, {split.Train.Features.Width} features, {way.Name}: λ = {best.Lambda:E3}, held-out loss {best.HeldOutLoss:F5}"
            + (split.Test.Labels.Length > 0 ? $", test loss {best.TestLoss:F5}." : "."));
    }

    private static Option<int> Whole(string name, string description, int fallback, int low, int high)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            int value = result.GetValueOrDefault<int>();
            if (value < low || value > high)
            {
                result.AddError($"{name} is {value}; it lies in [{low}, {high}].");
            }
        });
        return option;
    }

    private static Option<double> Share(string name, string description, double low)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => 0.1 };
        option.Validators.Add(result =>
        {
            double value = result.GetValueOrDefault<double>();
            if (!(value >= low && value <= 0.8))
            {
                result.AddError($"{name} is {value}; it lies in [{low}, 0.8].");
            }
        });
        return option;
    }
}
