using Deq.Export.Plots;
using Deq.Export.Tasks.Classification;
using Deq.Export.Training;

namespace Deq.Export.Specs.Plots;

public sealed class PlotSpecs
{
    private static readonly EpochReport[] Epochs = [.. Enumerable.Range(1, 3).Select(epoch => new EpochReport
    {
        Epoch = epoch, Phase = "equilibrium", Loss = 1.0 / epoch, TrainingAccuracy = 0.5, TrainingEvaluations = 9, TrainingResidual = 0.01,
        BackwardEvaluations = 4, JacobianPenalty = double.NaN, Accuracy = 0.6, Evaluations = 8, Residual = 0.01, ConvergedShare = 1,
        SpectralRadius = 0.7, LearningRate = 0.001, Seconds = 1,
    })];

    private static readonly EvaluationReport[] Reports = [.. Enumerable.Range(1, 3).Select(budget => new EvaluationReport
    {
        Solver = "anderson", Tolerance = 0.01, MaxEvaluations = budget, Images = 10, Accuracy = 0.3 * budget, AccuracyError = 0.1,
        MeanEvaluations = budget, MedianEvaluations = budget, LargestEvaluations = budget, ConvergedShare = 1, MedianResidual = 0.01, Seconds = 1,
    })];

    [Fact]
    public void Names_its_model_where_the_system_has_a_font()
    {
        Assert.SkipUnless(PlotFont.IsAvailable, "No font is installed here.");

        Assert.NotEqual(TrainingPlot.Png("one", Epochs), TrainingPlot.Png("another", Epochs));
        Assert.NotEqual(AccuracyPlot.Png("one", Reports), AccuracyPlot.Png("another", Reports));
    }

    [Fact]
    public void Shows_the_numbers_it_is_given()
    {
        EpochReport[] changed = [.. Epochs.Select(epoch => epoch with { Accuracy = epoch.Accuracy / epoch.Epoch })];
        EvaluationReport[] lower = [.. Reports.Select(report => report with { Accuracy = report.Accuracy * report.Accuracy })];

        Assert.NotEqual(TrainingPlot.Png("one", Epochs), TrainingPlot.Png("one", changed));
        Assert.NotEqual(AccuracyPlot.Png("one", Reports), AccuracyPlot.Png("one", lower));
    }
}
