using Deq.Export.Graphs;
using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Restoration;
using Deq.Testing;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Restoration;

public sealed class LossyPatchesSpecs
{
    private const int Side = 24;

    public static TheoryData<string> Operators => ["mask", "wide blur", "blur", "half", "third"];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Solves_in_training_what_the_server_solves(string name)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", "restore"), new ExecutionOptions());
        ModelGraphs graphs = RidgeRegularizer.Build(RestorationRecipeReader.Read(VerifiedRecipe.In(bundle)).Architecture);
        BoundNetwork bound = new EquilibriumNetwork(graphs).Bind(BundleWeights.Read(bundle, graphs));
        IFixedPointMethod method = FixedPointMethods.Named("anderson");
        RowGrant grant = RowGrant.Of(1e-7, 12);
        DamagedPicture[] patches = [Damaged(name, seed: 1), Damaged(name, seed: 2)];
        DamagedPatches stated = LossyPatches.Of(patches, bundle.Manifest, CPU);
        Tensor[] perRow = [.. bound.Encode(stated.Planes), .. stated.Term!.PerRow];
        using var solver = new TorchSolver(
            patches.Length,
            (int)stated.Clean[0].numel(),
            method,
            (z, x) => RestorationStep.Evaluate(bound, stated.Term, z.view(z.shape[0], 1, stated.Clean.shape[2], stated.Clean.shape[3]), x).flatten(1));

        TorchSolution trained = solver.Solve(stated.Start.flatten(1), grant, perRow);

        var served = new RestorationSolver(bundle, TimeProvider.System);
        for (int row = 0; row < patches.Length; row++)
        {
            DamagedPicture patch = patches[row];
            var problem = new RestorationProblem(patch.Degradation, patch.Height, patch.Width, bundle.Manifest, patch.Sigma, lambda: 1);
            RestoredPlane plane = served.Solve(problem, patch.Measured, method, grant);
            float[] state = trained.State[row].data<float>().ToArray();
            Assert.Equal(plane.Output.Length, state.Length);
            Assert.True(plane.Output.Zip(state).Max(pair => Math.Abs(pair.First - pair.Second)) < 2e-4, name);
            Assert.True(plane.Output.Zip(plane.Start).Max(pair => Math.Abs(pair.First - pair.Second)) > 0.02, "The solve left its start.");
        }
    }

    private static DamagedPicture Damaged(string name, int seed)
    {
        var random = new Random(seed);
        var picture = new GreyPicture("slope", Side, Side, [.. Enumerable.Range(0, Side * Side).Select(i => (0.5f * (i % Side) / Side) + (0.4f * random.NextSingle()))]);
        return DamagedPicture.Of(picture, Operator(name, picture, seed), sigma: 2 + seed, seed);
    }

    private static Degradation Operator(string name, GreyPicture picture, int seed) => name switch
    {
        "mask" => Degradation.OfMask(DamagedPicture.Kept(picture, 0.5, seed)),
        "wide blur" => Degradation.OfBlur(BlurShapes.Gaussian(17, 1.5 * seed)),
        "blur" => Degradation.OfBlur(BlurShapes.Motion(5 + (2 * seed), 5, 40 * seed)),
        "half" => Degradation.OfShrinking(2),
        _ => Degradation.OfShrinking(3),
    };
}
