package dev.vflux.vfio.user;

/** As it is by default: shared memory, and a twin socket where the server has one. */
class ServedEduContractTest extends ServedEduContract {

  ServedEduContractTest() {
    super("");
  }
}
