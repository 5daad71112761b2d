using Deq.Export.Plots;
using Deq.Export.Tasks.Classification.Evaluation;
using Deq.Export.Training;

namespace Deq.Export.Specs.Plots;

public sealed class PlotSpecs
{
    private static readonly PlotPanel[] Panels = [new("loss", [("training", "loss")]), new("residual", [("held out", "residual")]) { IsLogarithmic = true }];

    private static readonly TrainingLog Log = new(["epoch,loss,residual", "1,1,0.1", "2,0.5,0.05", "3,0.3,NaN"]);

    private static readonly EvaluationReport[] Reports = [.. Enumerable.Range(1, 3).Select(budget => new EvaluationReport
    {
        Solver = "anderson", Tolerance = 0.01, MaxEvaluations = budget, Images = 10, Accuracy = 0.3 * budget, AccuracyError = 0.1,
        MeanEvaluations = budget, MedianEvaluations = budget, LargestEvaluations = budget, ConvergedShare = 1, MedianResidual = 0.01, Seconds = 1,
    })];

    [Fact]
    public void Names_its_model_where_the_system_has_a_font()
    {
        Assert.SkipUnless(PlotFont.IsAvailable, "No font is installed here.");

        Assert.NotEqual(TrainingPlot.Png("one", Log, Panels), TrainingPlot.Png("another", Log, Panels));
        Assert.NotEqual(AccuracyPlot.Png("one", Reports), AccuracyPlot.Png("another", Reports));
    }

    [Fact]
    public void Shows_the_numbers_it_is_given()
    {
        var changed = new TrainingLog(["epoch,loss,residual", "1,1,0.1", "2,0.9,0.05", "3,0.3,NaN"]);
        EvaluationReport[] lower = [.. Reports.Select(report => report with { Accuracy = report.Accuracy * report.Accuracy })];

        Assert.NotEqual(TrainingPlot.Png("one", Log, Panels), TrainingPlot.Png("one", changed, Panels));
        Assert.NotEqual(AccuracyPlot.Png("one", Reports), AccuracyPlot.Png("one", lower));
    }
}
