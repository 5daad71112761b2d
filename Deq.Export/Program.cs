using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Datasets;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Recipes;
using Deq.Export.Tasks;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

TrainedTasks tasks = TrainedTasks.OfProgram;
var root = new RootCommand("Deq.Export trains equilibrium models and exports them as bundles that Deq.Api serves.")
{
    TrainCommand.Make(tasks),
    ExportCommand.Make(tasks),
    EvaluateCommand.Make(tasks),
    VerifyCommand.Make(tasks),
    PackCommand.Make(PackedTasks.OfProgram),
    CheckCommand.Make(),
    WeightsCommand.Make(tasks),
    AddJointCommand.Make(tasks),
    AddEnergyCommand.Make(tasks),
    VoteCommand.Make(),
};
foreach (Command command in tasks.All.SelectMany(task => task.Commands((request, cancellation) => TrainCommand.Run(tasks, request, cancellation))))
{
    root.Add(command);
}

// An interrupted training run finishes its step and writes a checkpoint first.
var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(2) };

try
{
    return await root.Parse(args).InvokeAsync(configuration);
}
catch (Exception exception) when (exception
    is CommandException or RecipeException or DatasetException or TrainingDivergedException or ExportException or BundleException
    or UnfitInputException or IOException or InvalidDataException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
