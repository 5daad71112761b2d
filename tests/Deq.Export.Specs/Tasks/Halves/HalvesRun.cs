using Deq.Export.Recipes;
using Deq.Export.Training;
using Deq.Runtime.Tasks.Classification;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Halves;

/// <summary>Trains on drawn pictures whose left or right half is lighter.</summary>
internal sealed class HalvesRun : ITrainingRun
{
    private const int Rows = 6;

    private readonly EquilibriumRecipe _recipe;
    private readonly EquilibriumObjective _objective;

    public HalvesRun(EquilibriumRecipe recipe, Device device)
    {
        _recipe = recipe;
        var network = new EquilibriumNetwork(HalvesTask.Graphs());
        State = new TrainingState(recipe.Seed, new OptimizerRecipe { LearningRate = 0.01 }, network.Graphs.Weights, device);
        _objective = new EquilibriumObjective(recipe, network, State, device);
        Plan = new TrainingPlan
        {
            Task = ClassificationTask.Id,
            Name = "halves",
            Description = "drawn halves",
            Steps = recipe.Training.Epochs,
            ReportEvery = 2,
            GradientClip = recipe.Training.GradientClip,
            Columns = [new("step", report => report.Step, "0"), new("loss", report => report.Means["loss"], "F4")],
            Panels = Panels,
            OutputNames = ["left", "right"],
        };
    }

    public static IReadOnlyList<PlotPanel> Panels { get; } = [new("loss", [("loss", "loss")])];

    public TrainingPlan Plan { get; }

    public TrainingState State { get; }

    public double RateAt(long step) => 0.01;

    public double AverageDecayAt(long step) => 0;

    public StepObjective Objective(long step)
    {
        Tensor labels = arange(Rows, dtype: ScalarType.Int64).remainder(2);
        Tensor lit = cat([1 - labels.reshape(Rows, 1, 1, 1), labels.reshape(Rows, 1, 1, 1)], 3).repeat_interleave(2, 3).expand(Rows, 1, 4, 4);
        Tensor Loss(Tensor logits, Tensor? rows) => nn.functional.cross_entropy(logits, rows is null ? labels : labels.index_select(0, rows));
        return _objective.Make(new SupervisedBatch(lit.to(ScalarType.Float32).contiguous(), Loss, _ => []), epoch: 1, step);
    }

    public IReadOnlyDictionary<string, double> Validate() => new Dictionary<string, double>();

    public void Dispose()
    {
        _objective.Dispose();
        State.Dispose();
    }
}
